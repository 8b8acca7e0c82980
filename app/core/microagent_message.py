"""The first message of a microagent launch. It is for the agent: in English, and never translated."""


def microagent_message(repository: str, title: str) -> str:
    """The server makes no message of a microagent's repository and title, so the launcher does."""
    where = f"in {repository}" if repository else "in this repository"
    about = f"about “{title}”" if title else "about what I describe below"
    return (
        f"Create a microagent {where} {about}.\n\n"
        "Write it as a Markdown file in .openhands/microagents/, with front matter that names its "
        "triggers. "
        "Look at the repository first, keep it short and concrete, and open a pull request with it."
    )
