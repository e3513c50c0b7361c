"""Every scenario by its name."""

from __future__ import annotations

from tests.proof.chromium.faults import lifecycle, network, server, surroundings

SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        *lifecycle.SCENARIOS,
        *lifecycle.OFTEN,
        *surroundings.SCENARIOS,
        *network.SCENARIOS,
        server.server_killed,
        server.version_deployed,
        server.backup_restored,
    )
}
