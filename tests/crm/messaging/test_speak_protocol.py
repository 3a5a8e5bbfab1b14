"""The wire: the signature of the provider's own example, and what its other end insists on."""

from datetime import UTC, datetime
from hashlib import sha256

import httpx
import pytest

from crm.embedded.gateway.server import GatewayServer
from crm.messaging.registration import register_templates
from crm.messaging.rules import CLINIC_ZONE
from crm.messaging.sms.aliyun import NO_BODY, AliyunSms, national
from crm.messaging.sms.current import provider_connection
from crm.messaging.sms.provider import Fate
from crm.messaging.sms.signing import authorization, canonical_query
from tests.factories.messages import NEUTRAL, MessageTemplateFactory


def test_the_signature_of_the_published_example() -> None:
    """RunInstances, from the description of the "V3" request structure."""
    query = canonical_query(
        {
            "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
            "RegionId": "cn-shanghai",
        }
    )
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": NO_BODY,
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    assert authorization(
        key_id="YourAccessKeyId",
        secret="YourAccessKeySecret",
        method="POST",
        path="/",
        query=query,
        headers=headers,
    ) == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;"
        "x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_the_query_is_encoded_as_the_provider_wants() -> None:
    assert canonical_query({"b": "a b*~+/", "a": "健康"}) == (
        "a=%E5%81%A5%E5%BA%B7&b=a%20b%2A~%2B%2F"
    )


def client(server: GatewayServer, **changes: str) -> AliyunSms:
    facts = {
        "base_url": server.url, "key_id": "clinic", "secret": "rehearsal",
        "sign_name": "健康管理中心", **changes,
    }  # fmt: skip
    return AliyunSms(timeout=2, **facts)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret": "wrong"}, "SignatureDoesNotMatch"),
        ({"key_id": "another"}, "InvalidAccessKeyId.NotFound"),
    ],
)
def test_a_wrong_key_is_refused(gateway: GatewayServer, changes: dict[str, str], code: str) -> None:
    with client(gateway, **changes) as sms:
        answer = sms.send(phone="+8613800138000", template="SMS_100000001", reference="r")
    assert (answer.fate, answer.code) == (Fate.REFUSED, code)
    assert gateway.ledger.newest(1) == []


@pytest.mark.parametrize(
    ("phone", "template", "code"),
    [
        ("+8613800138000", "SMS_9", "isv.SMS_TEMPLATE_ILLEGAL"),
        ("+86123", "SMS_100000001", "isv.MOBILE_NUMBER_ILLEGAL"),
    ],
)
def test_what_the_company_does_not_take(
    gateway: GatewayServer, phone: str, template: str, code: str
) -> None:
    with client(gateway) as sms:
        answer = sms.send(phone=phone, template=template, reference="r")
    assert (answer.fate, answer.code) == (Fate.REFUSED, code)


def signed(gateway: GatewayServer, **changes: str) -> httpx.Response:
    query = canonical_query({"PageSize": "1"})
    headers = {
        "host": gateway.url.removeprefix("http://"),
        "x-acs-action": "LocalLedger",
        "x-acs-version": "2017-05-25",
        "x-acs-date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": "1",
        "x-acs-content-sha256": NO_BODY,
        **changes,
    }
    headers["Authorization"] = authorization(
        key_id="clinic", secret="rehearsal", method="POST", path="/", query=query, headers=headers
    )
    return httpx.post(f"{gateway.url}/?{query}", headers=headers)


def test_a_nonce_is_good_once(gateway: GatewayServer) -> None:
    assert signed(gateway).status_code == 200
    assert signed(gateway).json()["Code"] == "SignatureNonceUsed"
    assert signed(gateway, **{"x-acs-signature-nonce": "2"}).status_code == 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"x-acs-date": "2020-01-01T00:00:00Z"}, "InvalidTimeStamp.Expired"),
        ({"x-acs-date": "yesterday"}, "InvalidTimeStamp.Format"),
        ({"x-acs-content-sha256": sha256(b"x").hexdigest()}, "ContentSha256NotMatch"),
        ({"x-acs-action": "Nonsense"}, "InvalidAction.NotFound"),
    ],
)
def test_stale_or_strange_requests_are_refused(
    gateway: GatewayServer, changes: dict[str, str], code: str
) -> None:
    assert signed(gateway, **changes).json()["Code"] == code


def test_an_unsigned_request_is_refused(gateway: GatewayServer) -> None:
    assert httpx.post(gateway.url).json()["Code"] == "MissingAuthorization"


def test_long_lists_are_read_page_by_page(gateway: GatewayServer) -> None:
    for number in range(120):
        gateway.ledger.take(
            out_id=f"r{number}", phone="13800138000", template="T", content="", biz_id=f"{number}"
        )
    day = datetime.now(CLINIC_ZONE).date()
    with client(gateway) as sms:
        for number, fate in [(0, Fate.ACCEPTED), (119, Fate.ACCEPTED), (120, Fate.NOT_FOUND)]:
            found = sms.lookup(phone="+8613800138000", day=day, reference=f"r{number}")
            assert found.fate == fate


@pytest.mark.parametrize(("delivered", "fate"), [(True, Fate.DELIVERED), (False, Fate.FAILED)])
def test_the_fate_of_a_message_is_told(gateway: GatewayServer, delivered: bool, fate: Fate) -> None:
    gateway.ledger.take(out_id="r", phone="13800138000", template="T", content="", biz_id="1")
    gateway.ledger.finish("1", delivered=delivered)
    with client(gateway) as sms:
        day = datetime.now(CLINIC_ZONE).date()
        assert sms.lookup(phone="+8613800138000", day=day, reference="r").fate == fate


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("+8613800138000", "13800138000"),
        ("+862788886021", "2788886021"),
        ("+8521234567", "008521234567"),
    ],
)
def test_numbers_as_the_provider_wants_them(phone: str, expected: str) -> None:
    assert national(phone) == expected


@pytest.mark.django_db
def test_wordings_are_made_known_once(gateway: GatewayServer) -> None:
    known = MessageTemplateFactory.create()
    waiting = MessageTemplateFactory.create(provider_code="", text=NEUTRAL + "。")
    MessageTemplateFactory.create(provider_code="", approved_at=None)
    count = register_templates()
    assert count >= 1
    waiting.refresh_from_db()
    known.refresh_from_db()
    assert gateway.ledger.wording(waiting.provider_code) == waiting.text
    assert known.provider_code == "SMS_100000001"
    assert register_templates() == 0


@pytest.mark.django_db
def test_without_a_gateway_nothing_is_lost(settings) -> None:
    settings.SMS_GATEWAY_URL = ""
    MessageTemplateFactory.create(provider_code="")
    assert register_templates() == 0
    with provider_connection() as provider:
        assert not provider.is_reachable()
        assert provider.send(phone="", template="", reference="").fate == Fate.UNKNOWN
