"""The API about itself: who am I, and what is there."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from crm.staff.models import ApiToken, User
from crm.staff.selectors import staff_member
from privacy.access.policy import Permission, can


class MeSerializer(serializers.Serializer[User]):
    """The caller: role, clinic, and what this session or token may do."""

    staff_no = serializers.CharField()
    display_name = serializers.CharField()
    role = serializers.CharField()
    clinic = serializers.CharField(source="clinic.name")
    permissions = serializers.SerializerMethodField()

    def get_permissions(self, user: User) -> list[str]:
        held = {one.value for one in Permission if can(user, one)}
        token = self.context["request"].auth
        return sorted(held & set(token.scopes) if isinstance(token, ApiToken) else held)


class MeView(GenericAPIView[User]):
    """/api/v1/me/: the caller."""

    for_all_staff = True
    serializer_class = MeSerializer

    @extend_schema(summary="Who am I, and what may I do?")
    def get(self, request: Request) -> Response:
        return Response(self.get_serializer(staff_member(request.user)).data)


class SchemaView(SpectacularAPIView):
    """/api/v1/schema/: OpenAPI, for signed-in staff and their programs."""

    for_all_staff = True


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # spectacular's metaclass hook
    """How the schema names personal tokens."""

    target_class = "crm.staff.api_authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A personal token, made under My account: suian_…",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # see above
    """How the schema names the pages' own session."""

    target_class = "crm.staff.api_authentication.StaffSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
