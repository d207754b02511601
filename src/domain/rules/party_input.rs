//! A party as it is written down: reading, checking what can be checked without a clock, and
//! making the record.

use crate::domain::ids::*;
use crate::domain::input::{Int, Line, Obj, SecretText};
use crate::domain::party::*;
use crate::domain::persons::{
    Email, IdNumber, PersonName, Phone, Uscc, age_on, capacity_by_age, name_key,
};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::secret::Secret;
use crate::domain::time::{Instant, LocalDate};

/// Highest number of a side.
pub const MAX_SIDE: i64 = 20;

/// A party to be added.
#[derive(Clone, Debug)]
pub struct NewParty {
    pub id: Option<PartyId>,
    pub role: PartyRole,
    pub side: i32,
    pub data: PartyData,
}

/// What is known of a person or organisation.
#[derive(Clone, Debug)]
pub struct PartyData {
    pub kind: PartyKind,
    pub name: String,
    pub gender: Option<Gender>,
    pub birth_date: Option<LocalDate>,
    pub id_no: Option<IdNumber>,
    pub uscc: Option<String>,
    pub phone: Option<Secret>,
    pub email: Option<Secret>,
    pub address: Option<Secret>,
    pub capacity: Option<Capacity>,
    pub overseas: bool,
    pub own_labour: bool,
    pub wants_public: Option<bool>,
    pub wants_writing: bool,
    pub contact_hidden: bool,
    pub legal_person_head: Option<String>,
}

impl NewParty {
    /// Applicants stand on side 1 and respondents on side 2 unless said otherwise; third parties
    /// on side 0, always.
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let role = o.req::<PartyRole>("role");
        let side = o.opt::<Int<0, MAX_SIDE>>("side");
        let data = PartyData::read(o);
        let (id, role, side, data) = (id?, role?, side?, data?);
        let side = match (role, side.map(|s| s.0)) {
            (PartyRole::ThirdParty, None | Some(0)) => 0,
            (PartyRole::ThirdParty, Some(_)) | (_, Some(0)) => {
                o.fault("side", "mismatch");
                return None;
            }
            (_, Some(n)) => i32::try_from(n).ok()?,
            (PartyRole::Applicant, None) => 1,
            (PartyRole::Respondent, None) => 2,
            (PartyRole::Represented, None) => {
                o.fault("side", "required");
                return None;
            }
        };
        Some(Self {
            id,
            role,
            side,
            data,
        })
    }

    /// The record of the party, whose consent is still to be asked.
    pub fn build(self, case: CaseId, by: UserId, id: PartyId, now: Instant) -> Party {
        let today = now.local_date();
        let Self {
            role, side, data, ..
        } = self;
        let person = data.kind.is_person();
        let birth_date = data.birth_date.or(data.id_no.as_ref().map(IdNumber::birth));
        let capacity = stated_capacity(
            data.capacity,
            birth_date.filter(|_| person),
            data.own_labour,
            today,
        );
        Party {
            id,
            case_id: case,
            side,
            role,
            kind: data.kind,
            name_key: name_key(&data.name),
            name: data.name,
            gender: data
                .gender
                .or(data.id_no.as_ref().map(IdNumber::gender))
                .unwrap_or(Gender::Unknown),
            birth_date,
            id_no: data.id_no.map(IdNumber::into_secret),
            uscc: data.uscc,
            phone: data.phone,
            email: data.email,
            address: data.address,
            capacity,
            consent: Consent::Pending,
            consent_at: None,
            rights_notice_at: None,
            is_representative: false,
            settle_auth: SettleAuth::None,
            withdrawn_at: None,
            substituted_by: None,
            contact_hidden: data.contact_hidden,
            created_by: by,
            created_at: now,
            detail: PartyDetail {
                wants_public: data.wants_public,
                wants_writing: data.wants_writing,
                overseas: data.overseas,
                own_labour: data.own_labour,
                legal_person_head: data.legal_person_head,
                ..PartyDetail::default()
            },
        }
    }
}

/// The capacity to record: what was stated, but never more than the age gives (民法典 第十七至
/// 二十条).
pub fn stated_capacity(
    stated: Option<Capacity>,
    birth: Option<LocalDate>,
    own_labour: bool,
    today: LocalDate,
) -> Capacity {
    let by_age = birth.map_or(Capacity::Full, |b| capacity_by_age(b, today, own_labour));
    stated.map_or(by_age, |s| s.max(by_age))
}

impl PartyData {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let kind = o.req::<PartyKind>("kind");
        let name = read_name(o, kind);
        let gender = o.opt("gender");
        let birth_date = o.opt("birth_date");
        let id_no = o.opt::<IdNumber>("id_no");
        let uscc = o.opt::<Uscc>("uscc");
        let phone = o.opt::<Phone>("phone");
        let email = o.opt::<Email>("email");
        let address = o.opt::<SecretText<200>>("address");
        let capacity = o.opt("capacity");
        let overseas = o.or("overseas", false);
        let own_labour = o.or("own_labour", false);
        let wants_public = o.opt("wants_public");
        let wants_writing = o.or("wants_writing", false);
        let contact_hidden = o.or("contact_hidden", false);
        let head = o.opt::<Line<50>>("legal_person_head");
        let data = Self {
            kind: kind?,
            name: name?,
            gender: gender?,
            birth_date: birth_date?,
            id_no: id_no?,
            uscc: uscc?.map(Uscc::into_string),
            phone: phone?.map(Phone::into_secret),
            email: email?.map(Email::into_secret),
            address: address?.map(|a| a.0),
            capacity: capacity?,
            overseas: overseas?,
            own_labour: own_labour?,
            wants_public: wants_public?,
            wants_writing: wants_writing?,
            contact_hidden: contact_hidden?,
            legal_person_head: head?.map(|h| h.0),
        };
        let faults = data.faults();
        for (field, code) in &faults {
            o.fault(field, code);
        }
        faults.is_empty().then_some(data)
    }

    /// Members that do not suit the kind or disagree with the ID number.
    fn faults(&self) -> Vec<(&'static str, &'static str)> {
        let mut out = not_applicable(
            self.kind,
            &[
                ("gender", self.gender.is_some()),
                ("birth_date", self.birth_date.is_some()),
                ("id_no", self.id_no.is_some()),
                ("capacity", self.capacity.is_some()),
                ("own_labour", self.own_labour),
                ("uscc", self.uscc.is_some()),
                ("legal_person_head", self.legal_person_head.is_some()),
            ],
        )
        .into_iter()
        .map(|f| (f, "not_applicable"))
        .collect::<Vec<_>>();
        if let Some(id) = &self.id_no {
            if self.birth_date.is_some_and(|b| b != id.birth()) {
                out.push(("birth_date", "mismatch"));
            }
            if self
                .gender
                .is_some_and(|g| g != Gender::Unknown && g != id.gender())
            {
                out.push(("gender", "mismatch"));
            }
        }
        out
    }

    /// `in_future` for a birth after `today`, naming the members under `prefix`.
    pub fn birth_guard(&self, prefix: &str, today: LocalDate) -> Vec<Refusal> {
        let mut g = Guards::new();
        let unborn = |b: LocalDate| age_on(b, today).is_none();
        let mut late = Vec::new();
        if self.birth_date.is_some_and(unborn) {
            late.push(format!("{prefix}birth_date"));
        }
        if self.id_no.as_ref().is_some_and(|i| !i.is_born_by(today)) {
            late.push(format!("{prefix}id_no"));
        }
        g.forbid(late, Reason::InFuture);
        g.into_inner()
    }
}

/// Names of persons are held to stricter rules than those of organisations.
fn read_name(o: &mut Obj<'_>, kind: Option<PartyKind>) -> Option<String> {
    if kind.is_some_and(PartyKind::is_person) {
        o.req::<PersonName>("name").map(PersonName::into_string)
    } else {
        o.req::<Line<100>>("name").map(|n| n.0)
    }
}

/// Of the members present, those a kind of party cannot have. An individual business has both a
/// code and an operator.
pub fn not_applicable(kind: PartyKind, present: &[(&'static str, bool)]) -> Vec<&'static str> {
    let forbidden: &[&str] = match kind {
        PartyKind::NaturalPerson | PartyKind::Household => &["uscc", "legal_person_head"],
        PartyKind::IndividualBusiness => &["capacity", "own_labour"],
        _ => &["gender", "birth_date", "id_no", "capacity", "own_labour"],
    };
    present
        .iter()
        .filter(|(name, there)| *there && forbidden.contains(name))
        .map(|(name, _)| *name)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::persons::{id_check_char, uscc_check_char};
    use crate::domain::rules::testkit::*;

    fn id_number(birth: &str, order: &str) -> String {
        let body = format!("359901{birth}{order}");
        format!("{body}{}", id_check_char(&body).unwrap())
    }

    fn faults(body: serde_json::Value) -> Vec<String> {
        violations(read(body, NewParty::read))
    }

    #[test]
    fn sides_follow_roles() {
        let side = |body| read(body, NewParty::read).map(|p| p.side);
        let p = |role: &str| json!({"role": role, "kind": "natural_person", "name": "叶长根"});
        assert_eq!(side(p("applicant")), Ok(1));
        assert_eq!(side(p("respondent")), Ok(2));
        assert_eq!(side(p("third_party")), Ok(0));
        assert_eq!(faults(p("represented")), ["/side required"]);
        let mut bad = p("third_party");
        bad["side"] = json!(2);
        assert_eq!(faults(bad), ["/side mismatch"]);
        let mut bad = p("applicant");
        bad["side"] = json!(0);
        assert_eq!(faults(bad), ["/side mismatch"]);
    }

    #[test]
    fn the_id_number_tells_birth_and_gender() {
        let no = id_number("20100301", "001");
        let body = json!({"role": "applicant", "kind": "natural_person", "name": "叶 小根",
            "id_no": no, "phone": "138 0013 8000"});
        let p = read(body, NewParty::read).unwrap();
        let p = p.build(id(1), id(9), id(5), now());
        assert_eq!(p.birth_date, Some(day("2010-03-01")));
        assert_eq!(p.gender, Gender::Male);
        assert_eq!(p.capacity, Capacity::Limited);
        assert_eq!(p.name_key, "叶小根");
        assert_eq!(p.phone.unwrap().reveal(), "+8613800138000");
        assert_eq!(p.consent, Consent::Pending);
    }

    #[test]
    fn what_contradicts_the_id_number_or_the_kind_is_refused() {
        let no = id_number("19800101", "002");
        assert_eq!(
            faults(
                json!({"role": "applicant", "kind": "natural_person", "name": "叶",
                "id_no": no, "birth_date": "1980-01-02", "gender": "male"})
            ),
            ["/birth_date mismatch", "/gender mismatch"]
        );
        let body = "91359901MA0000001";
        let code = format!("{body}{}", uscc_check_char(body).unwrap());
        assert_eq!(
            faults(
                json!({"role": "respondent", "kind": "legal_person", "name": "危建材有限公司",
                "uscc": code, "id_no": no, "capacity": "full"})
            ),
            ["/capacity not_applicable", "/id_no not_applicable"]
        );
        assert_eq!(
            faults(
                json!({"role": "applicant", "kind": "natural_person", "name": "", "uscc": code,
                "phone": "110", "x": 1})
            ),
            ["/name empty", "/phone invalid_phone", "/x unknown_field"]
        );
        assert!(
            faults(
                json!({"role": "respondent", "kind": "individual_business", "name": "牛记",
                "uscc": code, "id_no": no, "legal_person_head": "牛某"})
            )
            .is_empty()
        );
    }

    #[test]
    fn nobody_has_more_capacity_than_age_gives() {
        let today = day("2026-03-02");
        let child = Some(day("2015-01-01"));
        let adult = Some(day("1950-01-01"));
        for (stated, birth, own_labour, want) in [
            (Some(Capacity::Full), child, false, Capacity::Limited),
            (Some(Capacity::None), child, false, Capacity::None),
            (Some(Capacity::Limited), adult, false, Capacity::Limited),
            (None, Some(day("2009-01-01")), true, Capacity::Full),
            (None, None, false, Capacity::Full),
        ] {
            assert_eq!(stated_capacity(stated, birth, own_labour, today), want);
        }
    }

    #[test]
    fn the_unborn_are_no_parties() {
        let body = json!({"role": "applicant", "kind": "natural_person", "name": "叶",
            "id_no": id_number("20260401", "001"), "birth_date": "2026-04-01"});
        let p = read(body, NewParty::read).unwrap();
        let refusals = p.data.birth_guard("parties/0/", day("2026-03-02"));
        assert_eq!(refusals[0].reason, Reason::InFuture);
        assert_eq!(
            refusals[0].items,
            ["parties/0/birth_date", "parties/0/id_no"]
        );
    }
}
