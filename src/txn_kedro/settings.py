"""Project settings. See https://docs.kedro.org/en/stable/configure/configuration_basics/."""

import os

from omegaconf.resolvers import oc

from txn_kedro.hooks import SummaryHooks, UnknownParameterHooks

HOOKS = (UnknownParameterHooks(), SummaryHooks())

# Nobody's use is reported unless they ask for it.
DISABLE_HOOKS_FOR_PLUGINS = (
    () if os.environ.get("TXN_KEDRO_TELEMETRY") == "on" else ("kedro-telemetry",)
)

CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "custom_resolvers": {"oc.env": oc.env},
}
