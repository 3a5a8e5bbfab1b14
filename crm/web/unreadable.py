"""What stands in the place of a sealed value that does not open."""

from django.utils.translation import gettext as _

from privacy.errors import Erased, Unreadable


def words_for(error: Unreadable) -> str:
    """Either "erased as requested", or "unavailable" with the code that finds it in the log."""
    if isinstance(error, Erased):
        return _("erased as requested")
    return _("unavailable, code %(code)s") % {"code": error}
