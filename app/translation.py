"""The language of what is said. There is English alone so far.

The standard library's own `gettext` would look for a catalogue on the disk at every sentence: 100 times, and 5 to 10
milliseconds, until the form is painted.
"""

from gettext import NullTranslations

_catalogue = NullTranslations()

gettext = _catalogue.gettext
ngettext = _catalogue.ngettext
