"""Every shape of mineralwatch: plain values, configuration, tables. Imports nothing of ours."""
