"""A JupyterHub on this computer alone, in which `try_hub.py` tries what a class does: no system users, no limits."""

import os
import sys

c = get_config()  # noqa: F821
load_subconfig("course.py")  # noqa: F821

c.Spawner.environment |= {"AESTHETIC_MODE": os.environ["HUB_MODE"]}
c.JupyterHub.bind_url = f"http://127.0.0.1:{os.environ['HUB_PORT']}"
c.JupyterHub.hub_port = int(os.environ["HUB_PORT"]) + 1
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{int(os.environ['HUB_PORT']) + 2}"
c.ConfigurableHTTPProxy.command = os.environ["HUB_PROXY"].split()
c.JupyterHub.authenticator_class = "firstuseauthenticator.FirstUseAuthenticator"
c.FirstUseAuthenticator.create_users = True
c.FirstUseAuthenticator.min_password_length = 8
c.JupyterHub.spawner_class = (
    "simple"  # processes of the user who started the hub, each in a folder of its own
)
c.SimpleLocalProcessSpawner.home_dir_template = os.path.join(os.getcwd(), "homes", "{username}")
c.Spawner.cmd = [os.path.join(os.path.dirname(sys.executable), "jupyterhub-singleuser")]
c.Spawner.env_keep = [
    "PATH",
    "LANG",
    "LD_LIBRARY_PATH",
]  # a Python that was not installed where it was built
c.Spawner.start_timeout = c.Spawner.http_timeout = 600
c.JupyterHub.concurrent_spawn_limit = 10
if os.getuid() == 0:
    c.Spawner.args = ["--allow-root"]
