"""Checks docker-compose.yml and Dockerfile without a Docker engine: what must be there is there."""
import re
import sys

import yaml


def need(ok, line):
    if not ok:
        faults.append(line)


faults = []
compose = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))
services = compose.get("services", {})
need({"jieyou", "postgres", "mail"} <= set(services), "services jieyou, postgres, mail are needed")
volumes = set(compose.get("volumes") or {})
for name, service in services.items():
    need("healthcheck" in service, f"{name}: no health check")
    need("image" in service or "build" in service, f"{name}: neither image nor build")
    for mount in service.get("volumes", []):
        source = mount.split(":")[0] if isinstance(mount, str) else mount.get("source", "")
        if not source.startswith((".", "/")):
            need(source in volumes, f"{name}: volume {source} is not declared")
    for other in service.get("depends_on", {}):
        need(other in services, f"{name}: depends on unknown {other}")
jieyou = services.get("jieyou", {})
environment = jieyou.get("environment", {})
need(str(environment.get("DATABASE_URL", "")).startswith("postgres://"), "jieyou: DATABASE_URL must be postgres://")
need("depends_on" in jieyou, "jieyou: must wait for its database")
need(environment.get("JIEYOU_MAIL__MODE") == "smtp", "jieyou: mails must go to the catcher")
relay = environment.get("JIEYOU_MAIL__HOST")
need(relay in services, f"jieyou: mail host {relay} is no service here")
need("mail" in jieyou.get("depends_on", {}), "jieyou: must start after its mail catcher")
need(str(environment.get("JIEYOU_MAIL__PORT")) == "1025", "jieyou: the catcher listens on port 1025")
plain = environment.get("JIEYOU_MAIL__TLS") == "none"
need(not plain or str(environment.get("JIEYOU_MAIL__ALLOW_PLAIN")).lower() == "true",
     "jieyou: mail in clear to another host is refused without allow_plain")
need(not plain or relay == "mail", "jieyou: only the catcher may get mail in clear")
need(not plain or not environment.get("JIEYOU_MAIL__USER"), "jieyou: no mail login over a connection in clear")
need(volumes, "named volumes are needed")
docker = open(sys.argv[2], encoding="utf-8").read()
need(re.search(r"^FROM .+ AS build", docker, re.M), "Dockerfile: a build stage is needed")
need("pg-tls" in docker, "Dockerfile: the image must be built with pg-tls")
need(re.search(r"^USER (?!root)", docker, re.M), "Dockerfile: must not run as root")
need("HEALTHCHECK" in docker, "Dockerfile: no HEALTHCHECK")
for line in faults:
    print("compose:", line)
print(f"compose file and image: {'ok' if not faults else str(len(faults)) + ' fault(s)'}")
sys.exit(1 if faults else 0)
