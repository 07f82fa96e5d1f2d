

import pytest  # noqa: E402


@pytest.fixture(params=SETS)
def id_pair(request: Any) -> IDPair$suffix:
    """Each of the sets, one after the other."""
    return id_set(request.param)


@pytest.fixture
def execution_context() -> Dict[str, Any]:
    return execution_context_ids()


@pytest.fixture
def websocket_context() -> Dict[str, Any]:
    return websocket_ids()


@pytest.fixture
def agent_context() -> Dict[str, Any]:
    return agent_ids()
