"""How the gateway is."""

from gateway.api.schemas.base import Given


class Health(Given):
    """`ok`, or what is amiss."""

    status: str
