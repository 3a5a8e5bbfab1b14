"""The canonical form does not drift: golden vectors, RFC 6962, and what has no form at all."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.audit import rules
from privacy.audit.models import microseconds

FACTS = {
    "v": 1,
    "id": "0190f3c2a1b27c3d8e4f5a6b7c8d9e0f",
    "at": 1795228800123456,
    "kind": "reveal",
    "action": "patient.revealed",
    "actor": None,
    "ip": "10.1.4.21",
    "codes": ["1A2B3C4D", "9Z8Y7X6W"],
    "reason": 'Zoe\u0308 电话联系\n"引号" 䶮 𬱖',
    "count": 2,
    "detail": {"b": 2, "a": "一"},
}
GOLDEN = (
    '{"action":"patient.revealed","actor":null,"at":1795228800123456,'
    '"codes":["1A2B3C4D","9Z8Y7X6W"],"count":2,"detail":{"a":"一","b":2},'
    '"id":"0190f3c2a1b27c3d8e4f5a6b7c8d9e0f","ip":"10.1.4.21","kind":"reveal",'
    '"reason":"Zo\u00eb 电话联系\\n\\"引号\\" 䶮 𬱖","v":1}'
)
KEY = bytes(range(32))


def test_the_canonical_form_is_the_golden_one() -> None:
    assert rules.canonical(FACTS) == GOLDEN.encode()
    assert rules.digest(FACTS) == sha256(GOLDEN.encode()).digest()


def test_hashes_are_the_golden_ones() -> None:
    digest = rules.digest(FACTS)
    mac = rules.mac(KEY, digest)
    assert digest.hex() == "f18f56db03a8277380e8689e3616198ba178d1622b66e4b2c022dccdfa59bcfe"
    assert mac.hex() == "4364d210c13f70814c852bc76a2915753a41355d70c730796637d5831ff70a47"
    assert (
        rules.leaf(bytes(16), digest, mac).hex()
        == "c98409d598540e07193aac1db12abfbc3aa1fe4799a055d8a5522a58f94034d4"
    )
    assert (
        rules.signer_mac(KEY, bytes(32)).hex()
        == "05b83c4133de9d2a31b33569591f3de76178843427d27e19184f5b92f717d5b2"
    )
    chain = rules.checkpoint_chain(
        previous=bytes(32), number=1, root=bytes(32), first_seq=1, count=2,
        xid_from=0, xid_to=900, sealed_at=1795228800123456,
    )  # fmt: skip
    assert chain.hex() == "e7eb0af9d24e03239f547bfe9aad1d8a776fcce3e5523d45d2fd222dbcc2a1da"


@pytest.mark.parametrize("value", [1.0, b"x", datetime(2026, 1, 1, tzinfo=UTC), {1, 2}, object()])
def test_what_has_no_single_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        rules.canonical({"x": value})


PLAIN = st.recursive(
    st.none() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abcdef", min_size=1), PLAIN))
def test_order_of_keys_does_not_matter(facts: dict) -> None:
    turned = dict(reversed(facts.items()))
    assert rules.canonical(facts) == rules.canonical(turned)


@given(st.dictionaries(st.sampled_from("abcd"), PLAIN), st.sampled_from("abcd"), PLAIN)
def test_a_change_that_is_more_than_spelling_changes_the_digest(facts, name, value) -> None:
    changed = {**facts, name: value}
    if rules.canonical(changed) != rules.canonical(facts):
        assert rules.digest(changed) != rules.digest(facts)


# RFC 6962 test tree: the leaves and roots that certificate transparency's own tests use.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657",
          "606162636465666768696a6b6c6d6e6f"]  # fmt: skip
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@pytest.mark.parametrize(("count", "root"), ROOTS.items())
def test_the_tree_is_that_of_rfc_6962(count: int, root: str) -> None:
    leaves = [sha256(b"\0" + bytes.fromhex(text)).digest() for text in INPUTS[:count]]
    assert rules.merkle_root(leaves).hex() == root


def split_root(leaves: list[bytes]) -> bytes:
    """The RFC's own definition: split at the largest power of two below the length."""
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    parts = split_root(leaves[:middle]), split_root(leaves[middle:])
    return sha256(b"\1" + parts[0] + parts[1]).digest()


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70))
def test_pairing_by_level_is_the_same_tree(leaves: list[bytes]) -> None:
    assert rules.merkle_root(leaves) == split_root(leaves)


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("10.1.4.21", "10.1.4.21"),
        (" 10.1.4.21 ", "10.1.4.21"),
        ("10.1.4.21/32", "10.1.4.21"),
        ("::ffff:10.1.4.21", "10.1.4.21"),
        ("2001:DB8::0001", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("10.1.4.21:443", None),
        ("", None),
        (None, None),
        ("unknown", None),
    ],
)
def test_an_address_has_one_spelling(text: str | None, spelling: str | None) -> None:
    assert rules.address(text) == spelling


@given(st.text())
def test_any_text_becomes_storable(text: str) -> None:
    kept = rules.storable(text)
    assert "\0" not in kept
    assert kept.encode().decode() == kept
    assert rules.storable(kept) == kept


@given(st.integers(0, 4 * 10**15))
def test_moments_are_whole_microseconds(stamp: int) -> None:
    assert microseconds(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=stamp)) == stamp


def test_a_box_is_noted_as_postgres_shows_its_bytes():
    assert rules.box_noted(b"\x01\xab") == sha256(rb"\x01ab").hexdigest()
