"""Project settings. See https://docs.kedro.org/en/stable/configure/configuration_basics/."""

from txn_kedro.config import ConfigLoader
from txn_kedro.context import Context
from txn_kedro.hooks import ConfigurationHooks, EnvironmentHooks, SummaryHooks

HOOKS = (ConfigurationHooks(), EnvironmentHooks(), SummaryHooks())

# Nobody's use is reported: not of runs, and by .telemetry not of other commands either.
# Kedro-Viz's hooks count rows as a node sees them: of load_ledger before the load, so 0 at first.
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-telemetry", "kedro-viz")

CONTEXT_CLASS = Context
CONFIG_LOADER_CLASS = ConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # One value of a group or a dataset may be overridden without repeating the others.
    "merge_strategy": {"parameters": "soft", "catalog": "soft"},
}
