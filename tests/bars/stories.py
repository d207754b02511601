"""Stories of the demo county, told over the API: every kind of act, by the people whose office it is.

A story is told by a `teller` with one method, `say(who, method, path, body, version)`, which gives (status, head,
document) and raises `Over` when the run is over. Steps that are refused are part of a story.
"""
import datetime
import random

# What marks personal data in this run: in names, notes, minutes and titles, and numbers shown in full.
MARK = "金丝雀"
PDF = b"%PDF-1.7\n1 0 obj<</Title(CANARY)>>endobj\ntrailer<<>>\n%%EOF\n"
SCREEN = {"civil": True, "special_organ": False, "accepted_elsewhere": False, "clear_parties": True, "concrete_claim": True}
# unit's own, chair
PLACES = [("yeshanglong", "yeshanglong"), ("chenxialong", "chenxialong"), ("wusuban", "wusuban"), ("ganhukou", "ganhukou"), ("xuyimin", "xuyimin"),
          ("lanwanghu", "lanwanghu"), ("shishitang", "shishitang"), ("chihoushan", "chihoushan"), ("liliping", "liliping"), ("zhuzhukeng", "zhuzhukeng"),
          ("zhengguoxing", "chenyuee"), ("maoguodong", "lindeshui"), ("zhanglixin", "qiuxianzhong")]
READERS = ["zhanglixin", "zhouminghua", "shenji", "caiwenbin", "sysadmin", "hemeiling", "wangjingguan", "zhengguoxing", "lindeshui"]
OF_CASE = ["", "/timeline", "/parties", "/participants", "/assignments", "/recusals", "/mediator-candidates", "/sessions", "/notes", "/caucus-notes",
           "/agreements", "/evaluations", "/actions", "/clocks", "/dossier", "/dossier-check", "/transfers", "/custody", "/incidents", "/attachments",
           "/receipt", "/issues", "/duplicates"]
AT_LARGE = ["/cases?limit=5", "/inbox", "/users?limit=5", "/transfers", "/dashboard", "/fabrication-signals", "/returns", "/audit/events?limit=5",
            "/audit/checkpoints", "/code-lists", "/webhooks", "/calendars", "/clock-policies", "/rooms", "/committees", "/org-units", "/auth/me",
            "/auth/sessions", "/notice-preferences", "/audit/verifications"]


class Over(Exception):
    """The run is over."""


class Refused(Exception):
    """A step without which the story cannot go on was refused."""


def now(minutes=0):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def day(n):
    return (datetime.date.today() + datetime.timedelta(days=n)).isoformat()


def id_no(n):
    """A well-formed number of the fictional division 359901."""
    body = f"359901197003{n // 1000 % 28 + 1:02d}{n % 1000:03d}"
    total = sum(int(c) * w for c, w in zip(body, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)))
    return body + "10X98765432"[total % 11]


def person(role, n, **more):
    return {"role": role, "kind": "natural_person", "name": f"{'甲' if role == 'applicant' else '乙'}{MARK}{n}", "phone": f"1390{n % 10**7:07d}",
            "id_no": id_no(n), "address": f"云岭县凤溪乡{MARK}村{n}号", "birth_date": f"1970-03-{n // 1000 % 28 + 1:02d}", **more}


def matter(n, kind="neighbour", **more):
    return {"type": kind, "source": "application", "channel": "walk_in", "summary": f"第{n}件：两户争一条排水沟。",
            "parties": [person("applicant", n), person("respondent", n + 1)], "issues": [{"text": "排水沟", "claim": "改道"}], **more}


class Tale:
    def __init__(self, teller, place, people, committees, rng):
        self.teller, (self.desk, self.chair), self.people, self.committees, self.rng = teller, place, people, committees, rng
        self.case, self.version, self.parties, self.sessions, self.papers, self.files, self.clocks = None, None, [], [], [], [], []

    def go(self, who, path, body=None, method="POST", need=True, reads=1.5):
        """An act on the case, then some reads of it by all sorts of people."""
        status, head, doc = self.teller.say(who, method, f"/cases/{self.case}{path}", {} if body is None and method == "POST" else body, version=self.version)
        if status == 412:
            self.look()
        if status < 300 and head.get("etag", "").strip('"').isdigit():
            self.version = head["etag"].strip('"')
        while self.rng.random() < reads / (1 + reads):
            self.read()
        if need and status >= 300:
            raise Refused(f"{method} {path} {status} {doc.get('code')} {doc.get('rule')} {str(doc.get('errors') or doc.get('blocked_by'))[:300]}")
        return doc if isinstance(doc, dict) and status < 300 else {}

    def look(self):
        _, head, doc = self.teller.say(self.desk, "GET", f"/cases/{self.case}?include=parties")
        self.version = head.get("etag", "").strip('"') or self.version
        return doc

    def read(self):
        rng = self.rng
        who = rng.choice([self.desk, self.chair, self.desk, self.chair] + READERS)
        paths = [f"/cases/{self.case}{p}" for p in OF_CASE] * 2 + AT_LARGE
        paths += [f"/cases/{self.case}/sessions/{s}" for s in self.sessions] + [f"/cases/{self.case}/agreements/{a}" for a in self.papers]
        paths += [f"/cases/{self.case}/attachments/{f}/file" for f in self.files] + [f"/clocks/{c}{e}" for c in self.clocks[:2] for e in ("", "/explain")]
        if rng.random() < 0.1:
            self.teller.say(who, "POST", "/case-searches", {"text": f"{MARK}{rng.randrange(100)}"})
        elif rng.random() < 0.05:
            self.teller.say(who, "POST", "/duplicate-candidates", {"type": "neighbour", "parties": [{"name": f"甲{MARK}{rng.randrange(1000)}"}]})
        elif rng.random() < 0.08 and self.parties:
            self.teller.say(who, "POST", f"/cases/{self.case}/parties/{rng.choice(self.parties)}/reveal", {}, purpose=rng.random() < 0.8)
        else:
            self.teller.say(who, "GET", rng.choice(paths))

    def register(self, n, **more):
        body = matter(n, **more)
        status, head, doc = self.teller.say(self.desk, "POST", "/cases", body)
        if status != 201:
            raise Refused(f"register {status} {doc}")
        self.case, self.version = doc["id"], head["etag"].strip('"')
        self.parties = [p["id"] for p in self.look()["parties"]]
        return self

    def to_accepted(self):
        self.go(self.desk, "/screen", SCREEN)
        for p in self.parties[1:]:
            self.go(self.desk, f"/parties/{p}/ask-consent", need=False)
            self.go(self.desk, f"/parties/{p}/consent", {"answer": "given", "via": "in_person"})
        self.go(self.desk, "/accept", {"committee_id": self.committees[self.desk], "jurisdiction_basis": "dispute_place"})
        self.clocks = [c["id"] for c in self.teller.say(self.desk, "GET", f"/cases/{self.case}/clocks")[2].get("data", [])]

    def to_mediation(self):
        self.to_accepted()
        self.go(self.desk, "/assignments", {"user_id": self.people[self.chair], "role": "chair"})
        for p in self.parties:
            self.go(self.chair, f"/parties/{p}/rights-notice")

    def session(self, result, caucus=False, cancelled=False):
        body = {"kind": "joint", "planned_from": now(10), "planned_to": now(100), "venue_kind": "site", "venue": "村部会议室", "parties": self.parties,
                "staff": [self.people[self.chair]]}
        session = self.go(self.chair, "/sessions", body)["id"]
        self.sessions.append(session)
        at = f"/sessions/{session}"
        self.go(self.chair, f"{at}/notify")
        if cancelled:
            self.go(self.chair, f"{at}/postpone", {"planned_from": now(3000), "planned_to": now(3060), "reason": "下雨"}, need=False)
            self.go(self.chair, f"{at}/cancel", {"reason": "一方住院"})
            return
        all_ = [a["id"] for a in self.teller.say(self.chair, "GET", f"/cases/{self.case}{at}")[2]["attendees"]]
        self.go(self.chair, f"{at}/open", {"present": all_})
        if caucus:
            for p in self.parties:
                self.go(self.chair, f"{at}/open-caucus", {"party_id": p})
                self.go(self.chair, f"{at}/caucus-notes", {"party_id": p, "body": f"底线{MARK}，只对调解员说"})
                self.go(self.chair, f"{at}/end-caucus")
        self.go(self.chair, f"{at}/attendance", {"present": all_}, need=False)
        self.go(self.chair, f"{at}/minutes", {"text": f"双方各自陈述，{MARK}到场。"})
        for p in self.parties:
            self.go(self.chair, f"{at}/sign", {"signed_as": "party", "party_id": p})
        self.go(self.chair, f"{at}/sign", {"signed_as": "mediator", "user_id": self.people[self.chair]})
        self.go(self.chair, f"{at}/close", {"result": result, "single_staff_reason": "现场只有一名调解员"})

    def side_acts(self):
        """What may be done beside the course of a case."""
        rng, n = self.rng, self.rng.randrange(10**6)
        acts = [
            lambda: self.go(self.chair, "/notes", {"body": f"走访{MARK}家，情绪平稳"}, need=False),
            lambda: self.go(self.desk, "/risk", {"level": rng.choice(["yellow", "orange"]), "hints": ["threat"]}, need=False),
            lambda: self.go(self.desk, "", {"title": f"{MARK}两户排水沟纠纷{n}"}, method="PATCH", need=False),
            lambda: self.go(self.desk, f"/parties/{self.parties[0]}", {"phone": f"1390{n:07d}"}, method="PATCH", need=False),
            lambda: self.newcomer(n + 7),
            lambda: self.go(self.desk, "/participants", {"kind": "agent", "party_id": self.parties[0], "name": f"代理{MARK}", "mandate": {
                "scopes": ["attend"], "from": day(-1), "signed_by_principal": True}}, need=False),
            lambda: self.go(self.chair, f"/parties/{self.parties[0]}/settle-authority", {"auth": True, "via": "in_person"}, need=False),
            lambda: self.issue(),
            lambda: self.paper(),
            lambda: self.pause(),
            lambda: self.hold(),
            lambda: self.go(self.desk, "/dossier-exports", {"purpose": "复核"}, need=False),
        ]
        for act in rng.sample(acts, 3):
            act()

    def newcomer(self, n):
        made = self.go(self.desk, "/parties", person("respondent", n), need=False)
        if made.get("id"):
            self.parties.append(made["id"])
            self.go(self.desk, f"/parties/{made['id']}/consent", {"answer": "given", "via": "in_person"})
            self.go(self.chair, f"/parties/{made['id']}/rights-notice", need=False)

    def issue(self):
        made = self.go(self.desk, "/issues", {"text": "围墙", "claim": "拆除"}, need=False)
        if made.get("id"):
            self.go(self.chair, f"/issues/{made['id']}/state", {"state": "dropped"}, need=False)

    def paper(self):
        made = self.go(self.desk, "/attachments", {"kind": "document", "doc_type": "application", "title": f"{MARK}申请书", "filename": "申请书.pdf"}, need=False)
        if made.get("id"):
            status, _, _ = self.teller.say(self.desk, "PUT", f"/cases/{self.case}/attachments/{made['id']}/file", PDF)
            if status < 300:
                self.files.append(made["id"])

    def pause(self):
        for clock in self.clocks:
            body = {"reason": "appraisal", "approver_id": self.people[self.desk]}
            status, _, _ = self.teller.say(self.desk, "POST", f"/clocks/{clock}/pause", body)
            if status < 300:
                self.teller.say(self.desk, "POST", f"/clocks/{clock}/resume", {})
        self.look()

    def hold(self):
        if self.go("zhouminghua", "/legal-hold", {"reason": "涉诉，法院调卷"}, need=False):
            self.go("zhouminghua", "/legal-hold/release", {"reason": "案件审结"}, need=False)

    def agreement(self):
        issues = [i["id"] for i in self.teller.say(self.chair, "GET", f"/cases/{self.case}/issues")[2].get("data", []) if i.get("state") != "dropped"]
        body = {"parties": self.parties, "issues": issues, "facts": f"{MARK}与邻居争一条沟。", "liability": "双方各有责任", "terms": "各让一步", "performance": "按约定履行",
                "place": "村部", "reached_at": now(), "copies": len(self.parties) + 1,
                "obligations": [{"debtor_id": self.parties[1], "creditor_id": self.parties[0], "kind": "pay", "description": "补偿款", "amount_fen": 300_000,
                                 "due_on": day(30), "place": "村部", "mode": "cash"}]}
        paper = self.go(self.chair, "/agreements", body)["id"]
        self.papers.append(paper)
        at = f"/agreements/{paper}"
        self.go(self.chair, at, {"terms": "各让一步，重修水沟"}, method="PATCH", need=False)
        more = self.go(self.chair, f"{at}/obligations", {"debtor_id": self.parties[0], "creditor_id": self.parties[1], "kind": "do", "description": "清沟",
                                                         "due_on": day(30), "place": "沟边", "mode": "other"}, need=False)
        if more.get("id") and self.rng.random() < 0.5:
            self.go(self.chair, f"/obligations/{more['id']}", method="DELETE", need=False)
        self.go(self.chair, f"{at}/start-signing")
        for p in self.parties:
            self.go(self.chair, f"{at}/sign", {"signed_as": "party", "party_id": p, "method": "fingerprint", "signed_at": now()})
        self.go(self.chair, f"{at}/sign", {"signed_as": "mediator", "user_id": self.people[self.chair], "method": "sign", "signed_at": now()})
        self.go(self.chair, f"{at}/seal", {"sealed_at": now()})
        if self.rng.random() < 0.3:
            self.go(self.chair, f"{at}/apply-confirmation", {"court": "云岭县人民法院", "applicants": self.parties, "applied_on": day(0)}, need=False)
        for o in self.teller.say(self.chair, "GET", f"/cases/{self.case}{at}")[2].get("obligations", []):
            self.go(self.chair, f"/obligations/{o['id']}/urge", need=False)
            done = {"performed_at": now(), "confirmed_by_creditor": True}
            if o.get("amount_fen"):
                done["amount_fen"] = o["amount_fen"]
            self.go(self.chair, f"/obligations/{o['id']}/perform", done, need=False)

    def after(self):
        self.go(self.desk, "/feedback", {"text": "已告知结果", "given_at": now()}, need=False)
        self.go(self.desk, "/close", need=False)
        paper = self.go(self.desk, "/attachments", {"kind": "document", "doc_type": "follow_up", "title": f"{MARK}评价表", "filename": "评价表.pdf",
                                                    "signed_by": [self.parties[0]]}, need=False)
        if paper:
            self.teller.say(self.desk, "PUT", f"/cases/{self.case}/attachments/{paper['id']}/file", PDF)
            self.go(self.desk, "/evaluations", {"party_id": self.parties[0], "satisfaction": "satisfied", "given_via": "signed",
                                                "evidence_id": paper["id"]}, need=False)
        self.go("caiwenbin", "/archive", {"follow_up_waiver": "迁居外省"}, need=False)
        if self.rng.random() < 0.3:
            self.go(self.desk, "/reopen", {"ground": "new_facts", "reason": "有新证据", "consents": self.parties}, need=False)


def ending(t, **more):
    return {"routes": ["civil_suit"], "service_proof": "当面告知并签收", "served_at": now(), **more}


def settled(t, n):
    t.register(n).to_mediation()
    t.side_acts()
    if t.rng.random() < 0.4:
        t.session("continue", cancelled=True)
    t.session("agreed", caucus=t.rng.random() < 0.5)
    t.agreement()
    t.side_acts()
    t.after()


def refused(t, n):
    t.register(n, source="ex_officio", channel="patrol").go(t.desk, "/screen", SCREEN)
    t.go(t.desk, f"/parties/{t.parties[1]}/ask-consent")
    t.go(t.desk, f"/parties/{t.parties[1]}/consent", {"answer": "refused", "via": "in_person", "words": f"{MARK}说不要你们管"})
    t.go(t.desk, "/terminate", ending(t, reason="refused_at_start"))
    t.after()


def withdrawn(t, n):
    t.register(n).to_mediation()
    t.session("continue")
    t.go(t.desk, "/suspend", {"reason": "appraisal", "approver_id": t.people[t.desk], "consents": t.parties}, need=False)
    t.go(t.desk, "/resume", need=False)
    t.go(t.desk, "/extend", {"until": day(60), "signed_by": t.parties, "signed_at": now()}, need=False)
    t.go(t.desk, "/withdraw", ending(t, applicants=t.parties[:1]))
    t.after()


def rejected(t, n):
    t.register(n, kind="other").go(t.desk, "/screen", {**SCREEN, "civil": False})
    t.go(t.desk, "/reject", {"code": "na3_admin_act", "reason": "不服行政处罚", "routes": ["admin_review", "admin_suit"]})
    t.after()


def recused(t, n):
    t.register(n).to_mediation()
    seat = t.teller.say(t.desk, "GET", f"/cases/{t.case}/assignments")[2]["data"][0]["id"]
    t.go(t.chair, f"/assignments/{seat}/disclose", {"kind": "acquaintance", "party_id": t.parties[0]}, need=False)
    t.go(t.desk, f"/assignments/{seat}/waive", {"party_id": t.parties[0], "given": True}, need=False)
    if t.rng.random() < 0.5:
        t.go(t.desk, "/recusals", {"assignment_id": seat, "party_id": t.parties[1], "ground": "relative"}, need=False)
    else:
        t.go(t.desk, f"/assignments/{seat}/release", {"reason": "leave"}, need=False)
    t.side_acts()


def moved(t, n):
    t.register(n).go(t.desk, "/screen", SCREEN)
    county = t.teller.county
    sent = t.go(t.desk, "/transfers", {"verb": "escalate", "to": t.teller.parents.get(t.desk, county), "reasons": ["es1_cannot_settle"], "handling_so_far": f"{MARK}家去过三次", "no_materials": "待补"}, need=False)
    if not sent.get("id"):
        return
    receiver = "zhanglixin" if t.teller.parents.get(t.desk, county) == county else t.teller.heads.get(t.teller.parents[t.desk], "zhanglixin")
    at = f"/transfers/{sent['id']}"
    way = t.rng.choice(["accept", "return", "recall", "accept"])
    if way == "accept":
        t.go(receiver, f"{at}/accept", need=False)
        t.go(receiver, "/notes", {"body": f"接到{MARK}一案"}, need=False)
        t.go(receiver, f"{at}/complete", {"result": "已办结"}, need=False)
    elif way == "return":
        t.go(receiver, f"{at}/return", {"defects": ["rt2_materials_incomplete"], "text": "请补材料"}, need=False)
    else:
        t.go(t.desk, f"{at}/recall", {"note": "双方又愿意谈了"}, need=False)
    for _ in range(4):
        t.read()


def harmed(t, n):
    t.register(n, kind="marriage_family")
    made = t.go(t.desk, t.rng.choice(["/flags", "/incidents"]), {"kind": "dv", "victim_party_id": t.parties[0], "measures": f"送{MARK}回娘家"}, need=False)
    if made.get("id"):
        report = {"reported_to": ["police"], "reported_at": now(), "receipt_no": "R1", "protection_order_told": True}
        t.go(t.desk, f"/incidents/{made['id']}/report", report, need=False)
        t.go(t.desk, f"/incidents/{made['id']}/close", {"outcome": "已出具告诫书"}, need=False)
    for _ in range(4):
        t.read()


def merged(t, n):
    first = t.register(n).case
    t.register(n)
    if t.go(t.desk, "/merge", {"into": first}, need=False) and t.rng.random() < 0.5:
        t.go(t.desk, "/unmerge", need=False)


def group(t, n):
    crowd = [{"role": "represented", "side": 1, **{k: v for k, v in person("applicant", n + i).items() if k != "role"}} for i in range(10)]
    t.register(n, kind="house_homestead", source="ex_officio", tags=["group"], parties=[person("respondent", n + 20), *crowd])
    t.go(t.desk, "/screen", SCREEN)
    for p in t.parties[1:4]:
        t.go(t.desk, f"/parties/{p}/representative", {"elected": True, "mandate_signed": True}, need=False)
    t.go(t.desk, f"/parties/{t.parties[2]}/withdraw", {"via": "in_person"}, need=False)
    t.go(t.desk, f"/parties/{t.parties[3]}/substitute", {"died_on": day(-1), "successors": [{"kind": "natural_person", "name": f"丙{MARK}{n}"}]}, need=False)


CASES = [settled, settled, settled, refused, withdrawn, rejected, recused, moved, harmed, merged, group]


def tag(answer):
    return answer[1].get("etag", "").strip('"') or None


def office(teller, rng, orgs, committee, home, who, n):
    """The county's own affairs: users, units, committees, rooms, webhooks, notices, returns."""
    say = teller.say
    status, _, doc = say("sysadmin", "POST", "/users", {"username": f"bar-{n}", "name": f"丁{n}", "email": f"bar-{n}@yunling.example", "phone": f"1390{n % 10**7:07d}", "birth_date": "1980-01-01"})
    if status == 201:
        user = doc["user"]["id"]
        say("sysadmin", "PATCH", f"/users/{user}", {"address": f"云岭县凤溪乡{MARK}路{n}号"}, version=tag(say("sysadmin", "GET", f"/users/{user}")))
        _, _, grant = say("secadmin", "POST", f"/users/{user}/grants", {"role": "recorder", "org_id": rng.choice(orgs)})
        say("sysadmin", "POST", f"/users/{user}/relatives", {"kind": "sibling", "name": f"戊{MARK}{n}"})
        for reader in ("sysadmin", "zhouminghua", "secadmin"):
            say(reader, "GET", f"/users/{user}{rng.choice(['', '/grants', '/relatives'])}")
        _, _, member = say("sysadmin", "POST", f"/committees/{committee}/members", {"user_id": user, "appointment": "engaged", "female": False, "from_on": day(0)})
        if isinstance(member, dict) and member.get("id"):
            say("sysadmin", "GET", f"/committees/{committee}/members")
            say("sysadmin", "POST", f"/committees/{committee}/members/{member['id']}/end", {})
        if isinstance(grant, dict) and grant.get("id"):
            say("secadmin", "DELETE", f"/users/{user}/grants/{grant['id']}")
        say("sysadmin", "POST", f"/users/{user}/reset", {})
        say("sysadmin", "POST", f"/users/{user}/disable", {})
        say("sysadmin", "POST", f"/users/{user}/enable", {})
    status, _, unit = say("sysadmin", "POST", "/org-units", {"kind": "department", "parent_id": teller.county, "name": f"第{n}部门"})
    if status == 201:
        at = f"/org-units/{unit['id']}"
        say("sysadmin", "PATCH", at, {"name": f"第{n}科"}, version=tag(say("sysadmin", "GET", at)))
        say("sysadmin", "POST", "/rooms", {"org_id": unit["id"], "name": f"第{n}室", "capacity": 10})
    status, _, hook = say("sysadmin", "POST", "/webhooks", {"url": "http://127.0.0.1:9/", "events": ["case_registered"]})
    if status == 201:
        say("sysadmin", "POST", f"/webhooks/{hook['id']}/rotate-secret", {})
        say("sysadmin", "GET", f"/webhooks/{hook['id']}/deliveries")
        say("sysadmin", "DELETE", f"/webhooks/{hook['id']}")
    _, _, inbox = say(who, "GET", "/inbox")
    for item in [i for i in inbox.get("data", []) if not i.get("read_at")][:2]:
        say(who, "POST", f"/inbox/{item['id']}/read", {})
    say(who, "POST", "/inbox/read-all", {})
    kinds = say(who, "GET", "/notice-preferences")[2].get("data", [])
    if kinds:
        one = rng.choice(kinds)
        say(who, "PUT", "/notice-preferences", {"preferences": [{**{k: one[k] for k in ("kind", "inbox")}, "mail": not one["mail"]}]})
    status, _, report = say("huangzhiyuan", "POST", "/returns", {"org_id": home, "period": "month", "year": 2026, "number": rng.randrange(1, 11)})
    if status == 201:
        at = f"/returns/{report['id']}"
        say("huangzhiyuan", "POST", f"{at}/refresh", {}, version=tag(say("huangzhiyuan", "GET", at)))
        say("huangzhiyuan", "DELETE", at, version=tag(say("huangzhiyuan", "GET", at)))
