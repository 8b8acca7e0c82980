"""How a field holds a secret: as `SecretStr`, and None when it is empty."""

from pydantic import SecretStr
from PySide6.QtWidgets import QLineEdit


def read_secret(line: QLineEdit) -> SecretStr | None:
    return SecretStr(line.text()) if line.text() else None


def write_secret(line: QLineEdit, secret: SecretStr | None) -> None:
    line.setText(secret.get_secret_value() if secret else "")
