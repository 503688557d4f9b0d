"""The cluster of docker-compose.yml as plain processes, and what befalls a cluster: `make cluster-test`, `make chaos`.

Tools of the project, not part of it: nothing in warehouse/ or dags/ imports this.
"""
