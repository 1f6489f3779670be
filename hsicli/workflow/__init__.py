"""The workflow of `hsicli batch`: rules, recipes and profiles, as files."""
