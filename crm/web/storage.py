"""Static files under names that change with their content, our script modules included."""

from typing import Any

from django.contrib.staticfiles.storage import ManifestFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORTS = (
    (
        r"""(?P<matched>import(?s:(?P<import>[\s\{].*?))\s*from\s*["'](?P<url>[./].*?)["']\s*;)""",
        """import%(import)s from "%(url)s";""",
    ),
    (r"""(?P<matched>import\s*["'](?P<url>[./].*?)["']\s*;)""", """import "%(url)s";"""),
)


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # no stubs
    """Also rewrites the imports between our own modules.

    Only ours: the packaged bundles of others contain text that looks like imports and is not.
    """

    patterns: Any = (*ManifestFilesMixin.patterns, ("suian/js/*.js", IMPORTS))
