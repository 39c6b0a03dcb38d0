"""What a service once showed to the hub opens nothing after a rotation."""

from jupyterhub import orm

from hub.app import revoke_all_but

BEFORE, AFTER, OTHER = ("1" * 64, "2" * 64, "3" * 64)


def test_only_the_present_token_of_a_service_opens_the_hub() -> None:
    db = orm.new_session_factory("sqlite:///:memory:")()
    db.add(orm.OAuthClient(identifier="jupyterhub"))
    usage, culler, ann = orm.Service(name="usage"), orm.Service(name="culler"), orm.User(name="ann")
    db.add_all([usage, culler, ann])
    db.commit()
    for service, token in ((usage, BEFORE), (usage, AFTER), (culler, OTHER)):
        service.new_api_token(token, note="from config", generated=False)
    hers = ann.new_api_token(note="requested on the token page")
    assert revoke_all_but(db, [AFTER, OTHER]) == 1
    assert [token for token in (BEFORE, AFTER, OTHER, hers) if orm.APIToken.find(db, token)] == [AFTER, OTHER, hers]
    assert revoke_all_but(db, [AFTER, OTHER]) == 0
