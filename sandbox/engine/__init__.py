"""The local AWS: MiniStack started by us, with our synthesised templates deployed on it.

Import from the modules: `engine.Engine`, `deploy.Deployer`, `environment.ensure`, `queues.peek`.
This file imports nothing, because the launcher passes through it in an environment without our tools.
"""
