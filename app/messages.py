"""The sentences that window and command line both show for problems and errors.

Sentences are looked up by the type of a problem or an error, so a test can ask whether each type has its sentence.
Those about a session stand in `core.session_words`; one that only one place shows stands there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from app import errors
from app.errors import LauncherError, Problem
from app.foreign_text import part, readable, safe_text
from app.translation import N_, NN_, ngettext
from app.translation import gettext as _

# Problems and warnings, by their type.

_PROBLEMS: dict[str, str] = {
    # pydantic's own, ours or the server's
    "missing": N_("This is needed."),
    "string_too_short": N_("This is needed."),
    "int_parsing": N_("Enter a whole number."),
    "int_parsing_size": N_("Enter a smaller number."),
    "int_from_float": N_("Enter a whole number."),
    "greater_than_equal": N_("Must be at least {ge}."),
    "enum": N_("Choose one from the list."),
    "model_type": N_("This must be a JSON object."),
    "dict_type": N_("This must be a JSON object."),
    "list_type": N_("This must be a JSON list."),
    "string_type": N_("This must be a JSON string."),
    "extra_forbidden": N_("This server does not accept this field."),
    "string_unicode": N_("This text contains characters that cannot be sent. Type it again."),
    "conversation_exists": N_("The server already has a conversation with this id. Choose another id."),
    # single values
    "repository_name": N_("Write it as owner/name, or paste its web address."),
    "branch_spaces": N_("The name of a branch cannot contain spaces."),
    "branch_shell": N_("The server would run part of this name as a command."),
    "branch_name": N_("Git does not allow this name for a branch."),
    "conversation_id": N_("Enter 32 hexadecimal digits (0–9, a–f)."),
    "mcp_name": N_("Use only letters, digits, - and _."),
    "mcp_command": N_("Enter one program without spaces; what follows it belongs in the arguments."),
    "mcp_url": N_("The address must begin with http://, https://, ws:// or wss://."),
    "mcp_url_placeholder": N_("Replace the part in brackets with the real value."),
    "argument_reference": N_(
        "References such as ${{env:NAME}} work in the key and in variables, not in arguments."
    ),
    "argument_placeholder": N_("One of the arguments is a placeholder. Replace it with the real value."),
    "mcp_in_clear": N_("Without https, anyone on the network can read this key."),
    "environment_name": N_("A variable's name must not be empty or contain spaces or “=”."),
    "environment_pairs": N_("Write it as an object, or as NAME=value,NAME2=value2."),
    "environment_twice": N_("The variable {name} appears twice."),
    "arguments_quote": N_("A quotation mark is not closed."),
    "image_url": N_("An image's address must begin with http:// or https://."),
    "image_type": N_("Images must be PNG, JPEG, WebP or GIF."),
    "image_type_of": N_("“{name}” is not a PNG, JPEG, WebP or GIF image."),
    "image_size": N_("An image can have at most {mib} MiB."),
    "image_size_of": N_("“{name}” is larger than {mib} MiB."),
    "image_broken_of": N_("“{name}” cannot be read as an image."),
    "image_pixels_of": N_("“{name}” has more than {megapixels} million pixels."),
    "image_side_of": N_("“{name}” has a side of more than {longest} pixels."),
    "image_parts_of": N_("“{name}” is made of too many parts. Save it anew in another program."),
    "images_count": N_("A message can have at most {most} images."),
    "images_full": N_("“{name}” was not added: all images together can have at most {mib} MiB."),
    "image_encoded_size_of": N_("“{name}” is larger than {mib} MiB once it is turned upright or scaled."),
    "image_turned": N_("“{name}” was turned upright."),
    "image_position_removed": N_("The location was removed from “{name}”."),
    "image_position_stays_of": N_(
        "The location cannot be removed from “{name}”. Save the image in another program, and add that."
    ),
    "image_scaled": N_("“{name}” was scaled to {width} × {height} pixels."),
    "image_long": N_("“{name}” has {width} × {height} pixels; some models refuse a side over {longest}."),
    "image_scheme": N_(
        "An image's address begins with http://, https://, data: or file://, not with {scheme}:."
    ),
    "image_spaces": N_("This address contains a space. Write it as %20, and enter one address at a time."),
    "image_not_base64": N_("A data URL needs “;base64,” after its type, and then the image in base64."),
    "image_reading": N_("An image is still being read."),
    "replay_reading": N_("The file is still being read."),
    "images_size": N_("All images together can have at most {mib} MiB."),
    "file_unreadable": N_("“{name}” cannot be read."),
    "file_folder": N_("“{name}” is a folder, not a file."),
    "file_special": N_("“{name}” is not a regular file but a pipe or a device."),
    "file_endless": N_("“{name}” did not end within {seconds} seconds."),
    "file_size": N_("“{name}” is larger than {mib} MiB."),
    "file_no_text": N_("“{name}” is not a text file."),
    "file_image": N_("“{name}” is an image, not text. Add it to the images."),
    "file_document": N_("“{name}” is a {what} file, not text. Save its contents as a text file."),
    "file_no_mark": N_("“{name}” seems to be UTF-16 without a byte-order mark. Save it as UTF-8."),
    "file_encoding": N_("“{name}” is not UTF-8, as line {line} shows. Save it as UTF-8."),
    "replay_no_list": N_("A replay is a JSON list of events."),
    "replay_lines": N_(
        "Each line is a JSON value of its own (JSON Lines). A replay is one JSON list: put them between [ and ], "
        "with commas between them."
    ),
    "replay_no_event": N_("The item at index {index} is not an event."),
    "replay_unknown": N_("“{name}”, the event at index {index}, is not an action that OpenHands knows."),
    "replay_source": N_(
        "“{name}”, the event at index {index}, comes neither from the user nor from the agent."
    ),
    "replay_arguments": N_("“{name}”, the event at index {index}, needs a JSON object as its “args”."),
    "replay_empty": N_("It contains no event to replay."),
    "replay_first": N_("The first event must be a message from the user."),
    "repository_host": N_(
        "“{host}” is not a known git host ({hosts}). Write owner/name, or paste an address from one of these."
    ),
    "address_partly_used": N_("Only the repository is taken from this address, not “{rest}”."),
    "repository_guessed": N_(
        "“{repository}” is a guess: the rest of what was entered looks like a page of a git host."
    ),
    "branch_guessed": N_("“{branch}” is a guess: the address may also mean “{others}”."),
    # between fields, or with the server's facts
    "repository_differs": N_("This task belongs to {own}. Choose that repository, or leave this empty."),
    "no_git_token": N_(
        "The server has no git token, so it cannot open a repository. Add one in its settings."
    ),
    "git_refused": N_("The server could not open this repository with its git token."),
    "git_token_missing": N_(
        "The server has no token for this repository's provider. Add one in its settings."
    ),
    "without_repository": N_("This has no effect without a repository."),
    "provider_sso": N_("The server looks for the repository with its other providers too."),
    "task_provider": N_("The server cannot start a task from this provider."),
    "task_crashes": N_("OpenHands 0.53.0 cannot start this type of task."),
    "mcp_equal": N_("“{name}” appears twice; when two tools have the same name, the server uses the first."),
    "mcp_replaces": N_("This replaces the MCP servers in the server's settings ({count})."),
    "replay_runs": N_("The server runs the commands of a replay for real."),
    "starts_empty": N_("Starts without a message: the agent waits for one."),
    # a command line
    "json_empty": N_("It is empty."),
    "json_ends": N_("Line {line}, column {column}: the JSON ends too early; a bracket is not closed."),
    "json_comment": N_("Line {line}, column {column}: JSON does not allow comments."),
    "json_trailing_comma": N_("Line {line}, column {column}: remove the comma before the closing bracket."),
    "json_comma": N_("Line {line}, column {column}: there is an extra comma here."),
    "json_missing_comma": N_("Line {line}, column {column}: a comma is missing before this."),
    "json_delimiter": N_(
        "Line {line}, column {column}: a comma or a closing bracket is expected here. "
        'A quotation mark inside a string is written \\".'
    ),
    "json_colon": N_("Line {line}, column {column}: a colon is expected here."),
    "json_quotes": N_("Line {line}, column {column}: names and strings need double quotation marks."),
    "json_value": N_(
        "Line {line}, column {column}: a value is expected here: a string in double quotation marks, a number, "
        "true, false, null, a list or an object."
    ),
    "json_unterminated": N_(
        "Line {line}, column {column}: the quotation mark that opens here is not closed."
    ),
    "json_control": N_(
        "Line {line}, column {column}: a string must end on the line on which it begins. "
        "Close its quotation mark, or write a line break as \\n."
    ),
    "json_escape": N_("Line {line}, column {column}: a backslash inside a string is written \\\\."),
    "json_extra": N_("Line {line}, column {column}: the JSON ends before this, and nothing may follow it."),
    "json_twice": N_("Line {line}, column {column}: “{name}” appears twice. Keep one of the two."),
    "json_deep": N_("It is nested too deeply."),
    "json_parts": N_("It has too many values to be read."),
    "json_number": N_("A number in it has too many digits."),
    "json_invalid": N_("Line {line}, column {column}: this is not JSON."),
    "one_of": N_("Choose one of {expected}."),
    "unknown_field": N_("There is no such field."),
    "no_id": N_("An id has only letters, digits, - and _, at most 64 of them."),
    "option_empty": N_("It is empty."),
    "input_twice": N_("Standard input can be read only once, and another option already reads it."),
    "not_with_suggested_task": N_(
        "This cannot be combined with a suggested task: the server writes its message."
    ),
    "not_with_replay": N_("This cannot be combined with a replay, which contains its own message."),
    "here_no_git": N_("git is not installed on this machine."),
    "here_no_checkout": N_("This folder is not a git checkout."),
    "here_not_owned": N_("git says: {says}. If you trust this folder, run {command} first."),
    "here_refused": N_("git says: {says}. Use --repository and --branch instead."),
    "here_git_failed": N_("git failed ({says}). Use --repository and --branch instead."),
    "here_git_silent": N_(
        "git gave no answer within {seconds} seconds. Use --repository and --branch instead."
    ),
    "here_odd_remote": N_(
        "The address of the remote “{name}” contains a line break or another control character. "
        "Correct it with `git remote set-url`, or use --repository instead."
    ),
    "here_odd_answer": N_(
        "The answer to `git {command}` contains a line break or another control character. "
        "Use --repository and --branch instead."
    ),
    "here_no_remote": N_("This checkout has no remote. Name the repository with --repository."),
    "here_unknown_host": N_(
        "No remote ({names}) is at a known git host ({hosts}). Name the repository with --repository."
    ),
    "here_which_remote": N_("Which remote is meant: {names}? Name the repository with --repository."),
    "here_other_remote": N_("“{name}” is used, because “{other}” is not at a known git host."),
    "here_no_branch": N_("No branch is checked out: the agent gets the default branch."),
    "here_no_branch_there": N_(
        "This branch tracks “{ref}”, which is not a branch: the agent gets the default branch."
    ),
    "here_not_pushed": N_("“{branch}” is not on “{name}”: the agent gets the default branch."),
    "here_pushed_unknown": N_(
        "git did not say whether “{branch}” is on “{name}”, with all its commits: without it the agent gets "
        "the default branch, and unpushed commits do not reach it."
    ),
    "here_ahead": N_("“{branch}” is ahead of “{name}” by {count}: unpushed commits do not reach the agent."),
    "here_changes": N_("Uncommitted changes do not reach the agent."),
    "here_changes_unknown": N_(
        "git did not say whether there are uncommitted changes: they would not reach the agent."
    ),
    "here_ssh_silent": N_(
        "ssh did not say in time which host “{name}” stands for. Use --repository and --branch instead."
    ),
    # a secret that somebody gave
    "secret_missing": N_("The key itself is missing."),
    "secret_bearer": N_("“Bearer” was removed from the start of this value."),
    "secret_spaces": N_("Spaces around this value were removed."),
    "secret_quotes": N_("The quotation marks around this value were removed."),
    "secret_invisible": N_("Invisible characters were removed from this value."),
    "secret_nul": N_("The value of an environment variable cannot hold a NUL character."),
    "secret_mask": N_("This is a masked value. Enter the secret itself."),
    "secret_placeholder": N_("This is a placeholder. Enter the secret itself."),
    "secret_likely_placeholder": N_("This looks like a placeholder; it is used as it is."),
    "secret_reference": N_(
        "This is a reference to a secret, which cannot be resolved here. Enter the secret itself."
    ),
    "secret_not_set": N_(
        "The environment variable {name} is not set. Set it before you start the launcher, "
        "or enter the secret itself."
    ),
    "secret_own": N_("{name} holds the key of the OpenHands server, which is never sent to an MCP server."),
    # a server's address and key
    "address_missing": N_("Enter the server's address."),
    "address_form": N_("This is not a server address. Enter one such as https://openhands.example.com."),
    "address_scheme": N_("The address must begin with http:// or https://."),
    "address_userinfo": N_("Remove the name and password from the address; the key is entered separately."),
    "address_query": N_("Remove everything from “?” or “#” on."),
    "address_in_clear": N_("Without https, anyone on the network can read your key and your text."),
    "server_refused": N_("{what} {advice}"),
    "key_characters": N_("A key has only plain letters, digits and signs, no spaces or line breaks."),
    "key_unreadable": N_("The file or descriptor given for it cannot be read."),
    "key_unnamed": N_("It is not a session key. Give the key alone, or as {first}=… or {second}=…."),
    "key_empty": N_("The file or descriptor given for it is empty."),
    "key_in_clear": N_(
        "Without https, anyone on the network could read it. Add --key-in-clear to send it anyway."
    ),
}


_COUNTED: dict[str, tuple[str, tuple[str, str]]] = {
    "images_left_out": (
        "taken",
        NN_(
            "A message can have at most {most} images: of these {count}, only {taken} was added.",
            "A message can have at most {most} images: of these {count}, {taken} were added.",
        ),
    ),
    "replay_left_out": (
        "events",
        NN_(
            "Left out: {count} of {events} event. The server replays only what the user and the agent did.",
            "Left out: {count} of {events} events. The server replays only what the user and the agent did.",
        ),
    ),
    "many_running": (
        "running",
        NN_(
            "The server has {running} conversation open, finished or not. One more may close “{title}”.",
            "The server has {running} conversations open, including finished ones. One more may close "
            "“{title}”, the least recently updated.",
        ),
    ),
}
"""Those that depend on a number: the name of that fact, and the sentence for one and for several."""

_LONG = {"command": 2000}
"""Facts that are worth nothing when they are cut → their limit in characters."""


def problem(one: Problem) -> str:
    """The sentence for one problem or warning; for a type we do not know, the server's own words."""
    if one.type not in _PROBLEMS and one.type not in _COUNTED:
        return safe_text(one.msg.removeprefix("Value error, "), single_line=True) or _(
            "This is not accepted."
        )
    facts = {name: part(str(fact), limit=_LONG.get(name, 120)) for name, fact in one.ctx.items()}
    try:
        said = _text_of(one).format_map(facts)
    except (KeyError, IndexError, ValueError, TypeError):
        return _("This is not accepted.")
    if "whose" in facts:
        return _("{whose}: {said}").format(whose=facts["whose"], said=said)
    return said


def _text_of(one: Problem) -> str:
    if one.type in _PROBLEMS:
        return _(_PROBLEMS[one.type])
    counted, texts = _COUNTED[one.type]
    return ngettext(*texts, int(one.ctx[counted]))


# Errors, by their type.


@dataclass(frozen=True, slots=True)
class ErrorText:
    """One sentence that says what happened, one that says what it means and what to do now."""

    title: str
    text: str = ""


_ERRORS: dict[type[LauncherError], tuple[str, str]] = {
    errors.NotSent: (N_("The server was not contacted."), N_("Check its address.")),
    errors.Unreachable: (
        N_("The server cannot be reached."),
        N_("Check the network and the address, then launch again."),
    ),
    errors.NameNotFound: (N_("No server has this name."), N_("Check the address.")),
    errors.NobodyListens: (
        N_("No server answers at this address."),
        N_("Start OpenHands there, or check the address."),
    ),
    errors.ConnectTimedOut: (
        N_("The server did not accept a connection in time."),
        N_("Is it behind a VPN?"),
    ),
    errors.TlsFailed: (
        N_("No secure connection to the server could be made."),
        N_("If it does not use https, write http:// before its address."),
    ),
    errors.TlsUntrusted: (
        N_("This computer does not trust the server's certificate."),
        N_("Add the authority that issued it to the system's trusted certificates."),
    ),
    errors.TlsExpired: (
        N_("The server's certificate has expired."),
        N_("Its owner must renew it, if the clock of this computer is right."),
    ),
    errors.TlsNotYetValid: (
        N_("The server's certificate is not valid yet."),
        N_("Check the date and time of this computer."),
    ),
    errors.TrustUnreadable: (
        N_("The trusted certificates of this computer cannot be read."),
        N_("{place} must lead to certificates in PEM format."),
    ),
    errors.TooManyOpenFiles: (
        N_("Too many files and connections are open on this computer."),
        N_("Close other programs, then launch again."),
    ),
    errors.TlsWrongHost: (N_("The server's certificate is for another name."), N_("Check the address.")),
    errors.BadAddress: (N_("This address cannot be used."), N_("Check the address.")),
    errors.KeyUnusable: (N_("This key cannot be sent."), N_("Enter it again.")),
    errors.NotOpenHands: (
        N_("What answers at this address is not OpenHands."),
        N_("Check the address; another program may use this port."),
    ),
    errors.OnlyAWebPage: (
        N_("A web page answers at this address, not OpenHands."),
        N_("Check the address; a login page or another program may be there."),
    ),
    errors.NothingThere: (
        N_("There is no OpenHands at this address."),
        N_("Check the host, the port and the path."),
    ),
    errors.UnsupportedServer: (
        N_("{product} runs at this address and is not supported yet."),
        N_("OpenHands {supported} is supported. Choose another server."),
    ),
    errors.NoAnswer: (N_("The server gave no clear answer."), N_("The server's log says more.")),
    errors.AnswerTimedOut: (
        N_("The server did not answer in time."),
        N_("It may be busy: the server's log says more."),
    ),
    errors.ConnectionLost: (
        N_("The connection broke before the answer came."),
        N_("Check the network, and that the server still runs."),
    ),
    errors.ServerFault: (N_("The server failed ({status})."), N_("The server's log says more.")),
    errors.AnswerTooLarge: (
        N_("The server's answer was too large to read."),
        N_("Is this an OpenHands server? Then its log says more."),
    ),
    errors.AnswerCompressed: (
        N_("The server's answer was compressed, which was not requested."),
        N_("Turn compression off in the proxy in front of it."),
    ),
    errors.WebPage: (
        N_("A web page answered, not OpenHands."),
        N_("Is there a login page or another program at this address?"),
    ),
    errors.NotJson: (N_("The server's answer was not JSON."), N_("Is this an OpenHands server?")),
    errors.WrongShape: (
        N_("The server's answer does not look like one from OpenHands."),
        N_("Is this an OpenHands server?"),
    ),
    errors.MoreThanAskedFor: (
        N_("The server sent more than was asked for."),
        N_("Is this an OpenHands server? Then its log says more."),
    ),
    errors.StrangeStatus: (
        N_("The server answered with the unknown status {status}."),
        N_("The server's log, or that of a proxy in front of it, says more."),
    ),
    errors.RefusedByServer: (N_("The server refused this launch."), N_("The server's log says why.")),
    errors.Redirected: (
        N_("The server redirects to {place}."),
        N_("Redirects are not followed, so that the key reaches no other server. Check the address."),
    ),
    errors.RedirectedToHttps: (
        N_("The server redirects to {place}."),
        N_("Write https:// before its address."),
    ),
    errors.KeyRefused: (N_("The server refused the key."), N_("Enter the right one.")),
    errors.KeyNeeded: (
        N_("The server needs its key."),
        N_("Enter the session key that it was started with."),
    ),
    errors.GitTokenMissing: (
        N_("The server has no token for the git provider."),
        N_("Add one on its settings page, then launch again."),
    ),
    errors.GitRefused: (
        N_("The server could not open the repository."),
        N_("Check its name, and the git token on the server's settings page."),
    ),
    errors.SettingsMissing: (
        N_("The server has no settings yet."),
        N_("Choose a model on its settings page, then launch again."),
    ),
    errors.ModelKeyMissing: (
        N_("The server has no key for its model."),
        N_("Enter one on its settings page, then launch again."),
    ),
    errors.MessageRequired: (
        N_("This server requires a first message."),
        N_("Write one, then launch again."),
    ),
    errors.BadRequest: (
        N_("The server refused this launch: {message}"),
        N_("Correct what it names, then launch again."),
    ),
    errors.Forbidden: (N_("The server does not allow this with this key."), N_("Enter another one.")),
    errors.NoSuchPlace: (
        N_("The server says that this does not exist (404)."),
        N_("Check the path in the address, and the server's version."),
    ),
    errors.MethodRefused: (
        N_("What answers at this address does not accept this launch."),
        N_("Check the path, and that it is OpenHands."),
    ),
    errors.RequestTooLarge: (
        N_("The server refused this launch as too large."),
        N_("Leave something out, images first, then launch again."),
    ),
    errors.TooManyRequests: (
        N_("The server is busy and did not accept the request."),
        N_("Wait {retry_after_s} s, then launch again."),
    ),
    errors.Invalid: (
        N_("The server refused this launch."),
        N_("Change the fields it names, then launch again."),
    ),
}
"""What happened, and what to do now. Whether a conversation may exist is said between the two: the advice for
an error that leaves it open must not tell anybody to launch again."""

_BESIDE_A_LAUNCH: dict[type[LauncherError], tuple[str, str]] = {
    errors.Unreachable: (
        N_("The server cannot be reached."),
        N_("Check the network and the address, then try again."),
    ),
    errors.TooManyOpenFiles: (
        N_("Too many files and connections are open on this computer."),
        N_("Close other programs, then try again."),
    ),
    errors.RefusedByServer: (N_("The server refused this."), N_("The server's log says why.")),
    errors.GitTokenMissing: (
        N_("The server has no token for the git provider."),
        N_("Add one on its settings page, then try again."),
    ),
    errors.SettingsMissing: (
        N_("The server has no settings yet."),
        N_("Choose a model on its settings page, then try again."),
    ),
    errors.ModelKeyMissing: (
        N_("The server has no key for its model."),
        N_("Enter one on its settings page, then try again."),
    ),
    errors.MessageRequired: (N_("This server requires a first message."), N_("Write one, then try again.")),
    errors.BadRequest: (
        N_("The server refused this: {message}"),
        N_("Correct what it names, then try again."),
    ),
    errors.MethodRefused: (
        N_("What answers at this address does not accept this."),
        N_("Check the path, and that it is OpenHands."),
    ),
    errors.RequestTooLarge: (
        N_("The server refused this as too large."),
        N_("Leave something out, images first, then try again."),
    ),
    errors.TooManyRequests: (
        N_("The server is busy and did not accept the request."),
        N_("Wait {retry_after_s} s, then try again."),
    ),
    errors.Invalid: (N_("The server refused this."), N_("Change the fields it names, then try again.")),
}
"""Where a sentence for a launch would name it, the same for what is no launch."""

_UNEXPLAINED: dict[type[LauncherError], tuple[str, str]] = {
    errors.BadRequest: _ERRORS[errors.RefusedByServer],
    errors.Invalid: _ERRORS[errors.RefusedByServer],
    errors.Redirected: (
        N_("The server redirects, but not to a web address."),
        N_("Check the address."),
    ),
}
"""The same where the server left out what the sentence would tell."""

_UNEXPLAINED_BESIDE_A_LAUNCH = _UNEXPLAINED | {
    errors.BadRequest: _BESIDE_A_LAUNCH[errors.RefusedByServer],
    errors.Invalid: _BESIDE_A_LAUNCH[errors.RefusedByServer],
}


def error(one: LauncherError, *, of_launch: bool = True) -> ErrorText:
    """What happened, whether a conversation may exist, and what to do now.

    Without `of_launch` nothing was to be started, so nothing is said of what may exist.
    """
    known = _ERRORS if of_launch else _ERRORS | _BESIDE_A_LAUNCH
    if not all(map(_told, vars(one).values())):
        known = known | (_UNEXPLAINED if of_launch else _UNEXPLAINED_BESIDE_A_LAUNCH)
    title, advice = next(known[kind] for kind in type(one).__mro__ if kind in known)
    facts = {name: _fact(fact) for name, fact in vars(one).items()}
    happened = [_may_have_happened(one)] if of_launch else []
    return ErrorText(_(title).format_map(facts), " ".join([*happened, _(advice).format_map(facts)]))


def _told(fact: object) -> bool:
    return fact not in ("", [])


def _may_have_happened(one: LauncherError) -> str:
    if one.may_have_started:
        return _("A conversation may have started: the list of this server shows what is known.")
    if not one.was_sent:
        return _("Nothing was sent; your text is kept.")
    return _("Nothing was started; your text is kept.")


def _fact(fact: object) -> str:
    """A wait that is not known, or over already, is one second."""
    if fact is None or isinstance(fact, float):
        return str(max(1, ceil(fact or 0)))
    return part(str(fact), limit=200)


REMEDIES: dict[errors.Remedy, str] = {
    errors.Remedy.EDIT_SERVER: N_("Server…"),
    errors.Remedy.ENTER_KEY: N_("Enter the key…"),
    errors.Remedy.OPEN_SETTINGS: N_("Open settings"),
    errors.Remedy.TRY_NOW: N_("Try now"),
    errors.Remedy.OPEN_REPORTS: N_("Show the report"),
}


# Names of the field.

PROVIDERS: Mapping[str, str] = {
    "github": "GitHub",
    "gitlab": "GitLab",
    "bitbucket": "Bitbucket",
    "enterprise_sso": "Enterprise SSO",
}


def provider(word: str) -> str:
    return PROVIDERS.get(word) or readable(word)


def untitled(kind: str) -> str:
    """What a session is called that has no title and no first line."""
    return _("Replay") if kind == "replay" else _("New conversation")
