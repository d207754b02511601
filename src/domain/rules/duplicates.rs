//! Finding matters that may be one (G-38): the traits two registrations can share. The store keeps
//! them hashed with a key and looks for equal hashes among cases of the last 180 days.

use crate::domain::case::{Case, CaseType};
use crate::domain::codes::{Code, codes};
use crate::domain::input::{Line, Obj};
use crate::domain::party::Party;
use crate::domain::persons::{IdNumber, Phone, Uscc, name_key};
use crate::domain::secret::Secret;
use crate::domain::time::Instant;

/// How far apart two registrations may lie and still be candidates.
pub const WINDOW_DAYS: i64 = 180;

codes! {
    /// What two registrations have in common.
    TraitKind in "trait_kind" {
        NameType = "name_type", "同名当事人且纠纷类型相同", "Same party name and dispute type";
        Phone = "phone", "联系电话相同", "Same phone";
        IdNo = "id_no", "身份证号相同", "Same ID number";
        Uscc = "uscc", "统一社会信用代码相同", "Same credit code";
        PetitionNo = "petition_no", "信访件编号相同", "Same petition number";
        Place = "place", "发生地点相同", "Same place";
    }
}

/// A trait in plain: for hashing only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trait {
    pub kind: TraitKind,
    pub value: Secret,
}

fn add(out: &mut Vec<Trait>, kind: TraitKind, value: impl Into<String>) {
    let t = Trait {
        kind,
        value: Secret::new(value),
    };
    if !out.contains(&t) {
        out.push(t);
    }
}

fn add_name(out: &mut Vec<Trait>, key: &str, case_type: CaseType) {
    add(
        out,
        TraitKind::NameType,
        format!("{key}|{}", case_type.code()),
    );
}

/// The traits of a case and its parties. Parties who left count: the matter was theirs.
pub fn traits_of(case: &Case, parties: &[Party]) -> Vec<Trait> {
    let mut out = Vec::new();
    for p in parties {
        add_name(&mut out, &p.name_key, case.kind);
        if let Some(phone) = &p.phone {
            add(&mut out, TraitKind::Phone, phone.reveal());
        }
        if let Some(id_no) = &p.id_no {
            add(&mut out, TraitKind::IdNo, id_no.reveal());
        }
        if let Some(uscc) = &p.uscc {
            add(&mut out, TraitKind::Uscc, uscc);
        }
    }
    let petition = case.detail.petition.as_ref();
    if let Some(no) = petition.and_then(|p| p.no.as_ref()) {
        add(&mut out, TraitKind::PetitionNo, name_key(no));
    }
    if let Some(place) = &case.detail.place {
        add(&mut out, TraitKind::Place, name_key(place));
    }
    out
}

/// The trait of a petition's number.
pub fn petition_trait(no: &str) -> Trait {
    Trait {
        kind: TraitKind::PetitionNo,
        value: Secret::new(name_key(no)),
    }
}

/// Whether two registrations lie close enough.
pub fn within_window(a: Instant, b: Instant) -> bool {
    let days = a.local_date().epoch_days() - b.local_date().epoch_days();
    days.abs() <= WINDOW_DAYS
}

/// The earliest registration that may still be a duplicate of one made at `at`.
pub fn window_start(at: Instant) -> Instant {
    at.local_date().plus_days(-WINDOW_DAYS).start()
}

/// A question before registration: is this matter here already?
#[derive(Clone, Debug)]
pub struct Probe {
    pub kind: Option<CaseType>,
    pub place: Option<String>,
    pub people: Vec<ProbePerson>,
}

/// One person or organisation of a [`Probe`].
#[derive(Clone, Debug)]
pub struct ProbePerson {
    pub name: Option<String>,
    pub phone: Option<Phone>,
    pub id_no: Option<IdNumber>,
    pub uscc: Option<Uscc>,
}

impl Probe {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let kind = o.opt("type");
        let place = o.opt::<Line<200>>("place");
        let people = o.objects("parties", 20, |p| {
            let name = p.opt::<Line<100>>("name");
            let phone = p.opt("phone");
            let id_no = p.opt("id_no");
            let uscc = p.opt("uscc");
            Some(ProbePerson {
                name: name?.map(|n| n.0),
                phone: phone?,
                id_no: id_no?,
                uscc: uscc?,
            })
        });
        let out = Self {
            kind: kind?,
            place: place?.map(|p| p.0),
            people: people?,
        };
        if out.people.is_empty() && out.place.is_none() {
            o.fault("parties", "required");
            return None;
        }
        Some(out)
    }

    /// What to look for. A name alone tells nothing without the type; unless the type is known,
    /// all are tried.
    pub fn traits(&self) -> Vec<Trait> {
        let types = self.kind.map_or(CaseType::ALL.to_vec(), |k| vec![k]);
        let mut out = Vec::new();
        for p in &self.people {
            if let Some(name) = &p.name {
                let key = name_key(name);
                types.iter().for_each(|t| add_name(&mut out, &key, *t));
            }
            if let Some(phone) = &p.phone {
                add(&mut out, TraitKind::Phone, phone.reveal());
            }
            if let Some(id_no) = &p.id_no {
                add(&mut out, TraitKind::IdNo, id_no.reveal());
            }
            if let Some(uscc) = &p.uscc {
                add(&mut out, TraitKind::Uscc, uscc.as_str());
            }
        }
        if let Some(place) = &self.place {
            add(&mut out, TraitKind::Place, name_key(place));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::case::CaseState;
    use crate::domain::rules::testkit::*;

    #[test]
    fn a_probe_meets_the_case_it_describes() {
        let mut f = file(CaseState::Registered);
        f.parties[0].name_key = name_key("叶长根");
        f.parties[0].phone = Some(Secret::new("+8613800138000"));
        f.case.detail.place = Some("上垅村 3 号".into());
        let have = traits_of(&f.case, &f.parties);
        let meets = |body| {
            let asked = read(body, Probe::read).unwrap().traits();
            let mut hits: Vec<_> = have
                .iter()
                .filter(|t| asked.contains(t))
                .map(|t| t.kind)
                .collect();
            hits.sort();
            hits
        };
        assert_eq!(
            meets(json!({"type": "neighbour", "parties": [{"name": "叶 长根"}]})),
            [TraitKind::NameType]
        );
        assert_eq!(
            meets(json!({"parties": [{"name": "叶长根"}]})),
            [TraitKind::NameType]
        );
        assert_eq!(
            meets(json!({"type": "contract", "parties": [{"name": "叶长根"}]})),
            []
        );
        assert_eq!(
            meets(json!({"place": "上垅村３号", "parties": [{"phone": "138-0013-8000"}]})),
            [TraitKind::Phone, TraitKind::Place]
        );
        assert_eq!(
            violations(read(json!({}), Probe::read)),
            ["/parties required"]
        );
    }

    #[test]
    fn traits_do_not_repeat_and_do_not_print() {
        let mut f = file(CaseState::Registered);
        f.parties[1].name_key = f.parties[0].name_key.clone();
        let traits = traits_of(&f.case, &f.parties);
        assert_eq!(traits.len(), 1);
        assert!(!format!("{traits:?}").contains(&f.parties[0].name_key));
    }

    #[test]
    fn the_window_is_180_days() {
        let edge = at("2025-09-03T00:00:00+08:00");
        assert!(within_window(now(), edge) && within_window(edge, now()));
        assert!(!within_window(now(), at("2025-09-02T23:59:59+08:00")));
        assert_eq!(window_start(now()), edge);
    }
}
