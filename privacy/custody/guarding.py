"""Whether the net is the one that was knotted: its triggers, and what their functions do.

A name says nothing: whoever owns the database may put another body behind it, or a WHEN before it.
"""

import json
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.db import connection

# Trigger -> its function and its kind (pg_trigger.tgtype): after update or delete of each row,
# after an insert as a whole, after TRUNCATE. Each fires whatever happens (ENABLE ALWAYS).
NET: Final = {
    "rows_noted": ("rows_note", 25),
    "rows_added": ("rows_note_added", 4),
    "rows_emptied": ("rows_note", 32),
}
# Function -> digest over what it does and as whom. A migration that changes one changes its line:
# a test holds them against a database that was made anew.
FUNCTIONS: Final = {
    "audit_refuse_change": "bed6bad586402d30ee2fd6f8274f5fb446788a321bcbd87e3635faee8c7ff8fc",
    "reseal_box": "2a0d68ffea90e1a07e97d5048a441b9edf6ecf9562bae7ec356090cafd19d4fc",
    "resealing": "9fce608ddf30987665b06e1c08f9aff13401bed3ab052562bd668089a56a70dd",
    "rows_compare": "93429aa630c892f46714bbee0501c271d92df4246e32072f4862e4082c8a1210",
    "rows_gone": "650b3395ece07f1b1a64205ee7d39bc7a812b8e91dc2ae17ed97d1ae39c24758",
    "rows_note": "fe5e3babf731071c6f365295e9dfdd77ad209eda7d59606dac565479c6262d14",
    "rows_note_added": "753bfd06a73e9f86ee65d1d6a1761708a8ec851c7d4f43dbc94d84f2f48a1d2d",
}
_TRIGGERS: Final = """
    SELECT tgname, tgenabled = 'A', tgqual IS NULL AND tgattr::text = '',
           (SELECT proname FROM pg_proc WHERE oid = tgfoid), tgtype
    FROM pg_trigger WHERE tgrelid = format('public.%%I', %s::text)::regclass AND NOT tgisinternal
"""
# In whatever schema: one that stands before ours would be called in the place of it.
_FUNCTIONS: Final = """
    SELECT proname, lanname, prosrc, prosecdef, ARRAY(SELECT unnest(proconfig) ORDER BY 1),
           pg_get_userbyid(proowner) = %s
    FROM pg_proc JOIN pg_language ON pg_language.oid = prolang WHERE proname = ANY(%s)
"""


def guards(table: str) -> bool:
    """Whether the net hangs over a table as it was made, and every trigger there fires always."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS, [table])
        found = cursor.fetchall()
    plain = {name: (function, kind) for name, _on, whole, function, kind in found if whole}
    hangs = all(plain.get(name) == made for name, made in NET.items())
    return hangs and all(always for _name, always, *_rest in found)


def altered_functions() -> list[str]:
    """The functions of the net that do something else than the product's, or are the app's own."""
    with connection.cursor() as cursor:
        cursor.execute(_FUNCTIONS, [settings.DATABASE_APP_ROLE, list(FUNCTIONS)])
        found = cursor.fetchall()
    firm = {name: digest_of(*does) for name, *does, of_app in found if not of_app}
    several = {name for name in FUNCTIONS if sum(one[0] == name for one in found) > 1}
    return [name for name, made in FUNCTIONS.items() if name in several or firm.get(name) != made]


def digest_of(*does: object) -> str:
    """The digest over one function, as ``FUNCTIONS`` holds it: language, body, rights, settings."""
    return sha256(json.dumps(does).encode()).hexdigest()
