//! Obligations on a draft: who owes whom what, how much, when, where and how; instalments of one
//! debt come in one input and add up (I4, G-19).

use crate::domain::agreement::*;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Int, Obj, Text};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::{Instant, LocalDate};

use super::agreement_content::content_guards;
use super::standing::{Work, agreement_of, obligations_of};

/// A sum of money owed, in fen: at least one.
pub type Sum = Int<1, 1_000_000_000_000>;

/// Ten years of monthly instalments.
const MAX_INSTALMENTS: usize = 120;

/// One debt as entered.
#[derive(Clone, Debug, PartialEq)]
pub struct NewObligation {
    pub id: Option<ObligationId>,
    pub debtor: PartyId,
    pub creditor: PartyId,
    pub kind: ObligationKind,
    pub description: String,
    pub place: Option<String>,
    pub mode: PerformanceMode,
    pub owed: Owed,
}

/// At once, or in instalments.
#[derive(Clone, Debug, PartialEq)]
pub enum Owed {
    Once {
        amount_fen: Option<i64>,
        /// How the sum is found when it falls due, and the most it can be.
        formula: Option<String>,
        cap_fen: Option<i64>,
        /// `None` only in an oral agreement: performed when it was reached.
        due_on: Option<LocalDate>,
    },
    Instalments {
        total_fen: i64,
        parts: Vec<Instalment>,
    },
}

/// One instalment.
#[derive(Clone, Debug, PartialEq)]
pub struct Instalment {
    pub id: Option<ObligationId>,
    pub amount_fen: i64,
    pub due_on: LocalDate,
}

impl NewObligation {
    /// Reads one debt. In an oral agreement the due date may be left out and the mode is
    /// `on_the_spot` unless told.
    pub fn read(o: &mut Obj<'_>, oral: bool) -> Option<Self> {
        let id = o.opt("id");
        let debtor = o.req::<PartyId>("debtor_id");
        let creditor = o.req::<PartyId>("creditor_id");
        let kind = o.req::<ObligationKind>("kind");
        let description = o.req::<Text<2000>>("description");
        let place = o.opt::<Text<200>>("place");
        let mode = if oral {
            o.or("mode", PerformanceMode::OnTheSpot)
        } else {
            o.req("mode")
        };
        let amount = o.opt::<Sum>("amount_fen");
        let formula = o.opt::<Text<1000>>("formula");
        let cap = o.opt::<Sum>("cap_fen");
        let due_on = o.opt::<LocalDate>("due_on");
        let total = o.opt::<Sum>("total_fen");
        let parts = o.objects("instalments", MAX_INSTALMENTS, |p| {
            let id = p.opt("id");
            let amount = p.req::<Sum>("amount_fen");
            let due_on = p.req("due_on");
            Some(Instalment {
                id: id?,
                amount_fen: amount?.0,
                due_on: due_on?,
            })
        });
        if debtor.is_some() && debtor == creditor {
            o.fault("creditor_id", "same_as_debtor");
            return None;
        }
        let (amount, due_on, total, parts) = (amount?, due_on?, total?, parts?);
        let (formula, cap) = (formula?.map(|f| f.0), cap?.map(|c| c.0));
        let pays = kind == Some(ObligationKind::Pay) && !oral;
        if formula.is_some() && (amount.is_some() || !parts.is_empty() || !pays) {
            o.fault("formula", "not_allowed");
        }
        if cap.is_some() && formula.is_none() {
            o.fault("cap_fen", "only_with_formula");
        }
        let owed = if parts.is_empty() {
            if total.is_some() {
                o.fault("instalments", "required");
            }
            if due_on.is_none() && !oral {
                o.fault("due_on", "required");
            }
            if amount.is_none() && formula.is_none() && kind == Some(ObligationKind::Pay) {
                o.fault("amount_fen", "required");
            }
            Owed::Once {
                amount_fen: amount.map(|n| n.0),
                formula,
                cap_fen: cap,
                due_on,
            }
        } else {
            for (name, given) in [
                ("amount_fen", amount.is_some()),
                ("due_on", due_on.is_some()),
            ] {
                if given {
                    o.fault(name, "not_with_instalments");
                }
            }
            let Some(total) = total else {
                o.fault("total_fen", "required");
                return None;
            };
            Owed::Instalments {
                total_fen: total.0,
                parts,
            }
        };
        Some(Self {
            id: id?,
            debtor: debtor?,
            creditor: creditor?,
            kind: kind?,
            description: description?.0,
            place: place?.map(|p| p.0),
            mode: mode?,
            owed,
        })
    }
}

/// What is wrong with a debt by itself: parties the agreement does not bind, sums, dates.
pub fn debt_guards(agreement: &Agreement, new: &NewObligation) -> Vec<Refusal> {
    let mut g = Guards::new();
    let strangers = [new.debtor, new.creditor];
    g.forbid(
        strangers
            .iter()
            .filter(|p| !agreement.detail.parties.contains(p)),
        Reason::UnknownReference,
    );
    if let Owed::Instalments { total_fen, parts } = &new.owed {
        let sum: i64 = parts.iter().fold(0, |s, p| s.saturating_add(p.amount_fen));
        if sum != *total_fen {
            g.add(Refusal::about(
                Reason::AmountsDoNotSum,
                [format!("total:{total_fen}"), format!("sum:{sum}")],
            ));
        }
        let in_order = parts
            .iter()
            .zip(parts.iter().skip(1))
            .all(|(a, b)| a.due_on < b.due_on);
        g.require(in_order, Reason::TimeOrder);
    }
    g.into_inner()
}

/// The rows of one debt. `after` are the obligations the agreement has, struck out ones included,
/// so that numbers are not given twice; `reached_on` stands in for a due date left out.
pub fn debt_rows(
    agreement: &Agreement,
    new: &NewObligation,
    after: &[Obligation],
    reached_on: LocalDate,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Vec<Obligation> {
    let last_no = after.iter().map(|o| o.no).max().unwrap_or(0);
    let plan_no = after.iter().filter_map(|o| o.plan_no).max().unwrap_or(0) + 1;
    let row = |id: ObligationId, no: i32, amount_fen: Option<i64>, due_on: LocalDate| Obligation {
        id,
        case_id: agreement.case_id,
        agreement_id: agreement.id,
        no,
        debtor_id: new.debtor,
        creditor_id: new.creditor,
        kind: new.kind,
        description: new.description.clone(),
        amount_fen,
        performed_fen: 0,
        due_on,
        place: new.place.clone().unwrap_or_default(),
        mode: new.mode,
        state: ObligationState::Pending,
        plan_no: None,
        plan_total_fen: None,
        urged: 0,
        performed_at: None,
        created_at: now,
        formula: None,
        cap_fen: None,
    };
    match &new.owed {
        Owed::Once {
            amount_fen,
            formula,
            cap_fen,
            due_on,
        } => {
            let id = new.id.unwrap_or_else(|| ids.id());
            let due_on = due_on.unwrap_or(reached_on);
            vec![Obligation {
                formula: formula.clone(),
                cap_fen: *cap_fen,
                ..row(id, last_no + 1, *amount_fen, due_on)
            }]
        }
        Owed::Instalments { total_fen, parts } => parts
            .iter()
            .zip(last_no + 1..)
            .map(|(part, no)| Obligation {
                plan_no: Some(plan_no),
                plan_total_fen: Some(*total_fen),
                ..row(
                    part.id.unwrap_or_else(|| ids.id()),
                    no,
                    Some(part.amount_fen),
                    part.due_on,
                )
            })
            .collect(),
    }
}

/// Refuses unless the agreement is still a draft.
pub fn draft_only(agreement: &Agreement) -> Vec<Refusal> {
    let mut g = Guards::new();
    if agreement.state != AgreementState::Draft {
        g.add(Refusal::about(Reason::WrongState, [agreement.state]));
    }
    g.into_inner()
}

/// Adds a debt to a draft.
///
/// # Errors
/// `wrong_state`, `unknown_reference`, `amounts_do_not_sum` (I4), `time_order`, and what the
/// wording itself forbids (G-20, G-28, G-41).
pub fn add_obligation(
    file: &CaseFile,
    agreement: AgreementId,
    new: NewObligation,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let agreement = agreement_of(file, agreement)?;
    let mut g = Guards::new();
    g.extend(draft_only(agreement));
    g.extend(debt_guards(agreement, &new));
    let all: Vec<Obligation> = file
        .obligations
        .iter()
        .filter(|o| o.agreement_id == agreement.id)
        .cloned()
        .collect();
    let rows = debt_rows(agreement, &new, &all, now.local_date(), ids, now);
    let mut kept: Vec<Obligation> = obligations_of(file, agreement.id).cloned().collect();
    kept.extend(rows.iter().cloned());
    g.extend(content_guards(file, agreement, &kept));
    g.done()?;
    let mut work = Work::on(file, now);
    for row in rows {
        tell_of(&mut work.d, &row);
        work.add_obligation(row);
    }
    Ok(work.d)
}

/// The fact that an obligation was added.
pub fn tell_of(d: &mut Decision, row: &Obligation) {
    d.event(Event::ObligationAdded {
        obligation: row.id,
        kind: row.kind,
        due_on: row.due_on,
    });
}

/// What bars striking a debt: it is struck, or its agreement is a draft no more.
pub fn remove_guards(o: &Obligation, agreement: &Agreement) -> Vec<Refusal> {
    let mut g = Guards::new();
    let struck = o.state == ObligationState::Void;
    g.forbid(struck.then_some(o.id), Reason::UnknownReference);
    g.extend(draft_only(agreement));
    g.into_inner()
}

/// Strikes an obligation out of a draft; of an instalment plan, the whole plan.
///
/// # Errors
/// `unknown_reference`, `wrong_state` when the agreement is no draft.
pub fn remove_obligation(
    file: &CaseFile,
    obligation: ObligationId,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let unknown = || vec![Refusal::about(Reason::UnknownReference, [obligation])];
    let target = file.obligation(obligation).ok_or_else(unknown)?;
    let agreement = agreement_of(file, target.agreement_id)?;
    let mut g = Guards::new();
    g.extend(remove_guards(target, agreement));
    g.done()?;
    let struck: Vec<Obligation> = obligations_of(file, agreement.id)
        .filter(|o| o.id == target.id || (target.plan_no.is_some() && o.plan_no == target.plan_no))
        .cloned()
        .collect();
    let mut work = Work::on(file, now);
    for mut row in struck {
        row.state = ObligationState::Void;
        work.d
            .event(Event::ObligationRemoved { obligation: row.id });
        work.put_obligation(row);
    }
    Ok(work.d)
}
