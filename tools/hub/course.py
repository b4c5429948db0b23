"""Settings of the course for a JupyterHub; The Littlest JupyterHub reads /opt/tljh/config/jupyterhub_config.d/course.py."""

c = get_config()  # noqa: F821  # JupyterHub gives this function to the files that it reads

# One thread a learner: thirty processes with as many threads as there are cores would wait for each other.
c.Spawner.environment = {"AESTHETIC_MODE": "laptop", "OMP_NUM_THREADS": "1"}
c.Spawner.default_url = "/lab"
