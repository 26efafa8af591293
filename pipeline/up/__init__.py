"""`mineralwatch up`: a local Airflow from nothing to healthy, and cleanly down again."""
