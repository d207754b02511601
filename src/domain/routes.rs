//! The routes a party is told of when mediation is refused or ends (人民调解法 第二十六条; section
//! 1.8): which of them match a matter, and within what time each is open.

use super::case::{Case, CaseType, RejectCode, RelationKind, Route, ToldRoute};
use super::codes::{Code, Lang};
use super::refusal::{Guards, Reason, Refusal, Rule};

/// What decides which routes match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matter {
    pub kind: CaseType,
    pub relation: Option<RelationKind>,
    /// Domestic violence is at issue.
    pub dv: bool,
    /// Why the matter was not accepted, if it was not.
    pub rejected: Option<RejectCode>,
}

impl Matter {
    /// A matter whose mediation ended.
    pub fn of(case: &Case) -> Self {
        Self {
            kind: case.kind,
            relation: case.detail.relation_kind,
            dv: case.detail.dv,
            rejected: None,
        }
    }

    /// A matter that is not accepted.
    pub fn rejected(case: &Case, code: RejectCode) -> Self {
        Self {
            rejected: Some(code),
            ..Self::of(case)
        }
    }

    fn labour(&self) -> bool {
        matches!(self.kind, CaseType::LabourOther | CaseType::WageArrears)
            && self.relation != Some(RelationKind::Service)
    }

    /// Arbitration must come before a suit (劳动争议调解仲裁法 第五条). Wages whose relation is not
    /// established yet may go either way.
    fn arbitration_first(&self) -> bool {
        self.labour()
            && (self.kind == CaseType::LabourOther || self.relation == Some(RelationKind::Labour))
    }
}

/// Whether a route matches the matter.
pub fn fits(route: Route, m: &Matter) -> bool {
    match m.rejected {
        // Against an organ's act only the routes against organs help.
        Some(RejectCode::Na3AdminAct) => matches!(
            route,
            Route::AdminReview | Route::AdminSuit | Route::Petition | Route::LegalAid
        ),
        Some(RejectCode::Na4Crime) => {
            matches!(route, Route::Police | Route::LegalAid)
                || (route == Route::ProtectionOrder && m.dv)
        }
        // The organ that has the matter, or alone may have it, is the route.
        Some(RejectCode::Na1SpecialOrgan | RejectCode::Na2AlreadyAccepted) => {
            matches!(
                route,
                Route::CivilSuit | Route::AdminReview | Route::AdminSuit | Route::Petition
            ) || fits_kind(route, m)
        }
        _ => fits_kind(route, m),
    }
}

fn fits_kind(route: Route, m: &Matter) -> bool {
    use CaseType::*;
    match route {
        Route::Police | Route::LegalAid => true,
        Route::CivilSuit => !m.arbitration_first(),
        Route::LabourArb | Route::LabourInspect => m.labour(),
        Route::LandContractArb => m.kind == ForestLand,
        Route::GovLandDecision => matches!(m.kind, HouseHomestead | ForestLand | Expropriation),
        Route::AdminMediation => matches!(
            m.kind,
            Traffic
                | Medical
                | Environment
                | ConsumerOther
                | Ecommerce
                | Tourism
                | PropertyMgmt
                | Damage
                | Expropriation
        ),
        Route::AdminReview | Route::AdminSuit => matches!(m.kind, Expropriation | Other),
        Route::Petition => matches!(m.kind, Expropriation | Environment | Other),
        Route::CommercialArb => matches!(
            m.kind,
            Contract | Business | ConsumerOther | Ecommerce | Tourism | PropertyMgmt
        ),
        Route::ProtectionOrder => m.dv || m.kind == MarriageFamily,
        Route::Notary => matches!(
            m.kind,
            MarriageFamily | HouseHomestead | Contract | Business
        ),
        Route::PaymentOrder => matches!(
            m.kind,
            Contract
                | Business
                | WageArrears
                | LabourOther
                | Damage
                | Traffic
                | ConsumerOther
                | Ecommerce
                | PropertyMgmt
        ),
    }
}

/// Every route that matches, with its limit: what a clerk may choose from.
pub fn fitting(m: &Matter) -> Vec<ToldRoute> {
    Route::ALL
        .iter()
        .filter(|r| fits(**r, m))
        .map(|r| told(*r))
        .collect()
}

/// `routes_missing` when nothing was told, `route_mismatch` naming those that do not match: G-24,
/// for a matter not accepted G-04.
pub fn check(routes: &[Route], m: &Matter) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(!routes.is_empty(), Reason::RoutesMissing);
    g.forbid(
        routes.iter().filter(|r| !fits(**r, m)),
        Reason::RouteMismatch,
    );
    let refused = g.into_inner().into_iter();
    match m.rejected {
        Some(_) => refused.map(|r| r.under(Rule::G04)).collect(),
        None => refused.collect(),
    }
}

/// A route with its time limit in both languages.
pub fn told(route: Route) -> ToldRoute {
    ToldRoute {
        route,
        limit_zh: limit(route, Lang::Zh).to_owned(),
        limit_en: limit(route, Lang::En).to_owned(),
    }
}

/// Where to go and within what time, in words a party understands.
pub fn limit(route: Route, lang: Lang) -> &'static str {
    let (zh, en) = match route {
        Route::CivilSuit => (
            "向人民法院起诉，诉讼时效一般为三年，自知道或者应当知道权利受到损害以及义务人之日起计算；申请调解可使时效中断",
            "Sue in the people's court, as a rule within three years from when you knew or should have known of the harm and who answers for it; asking for mediation interrupts that period",
        ),
        Route::LabourArb => (
            "向劳动人事争议仲裁委员会申请仲裁，期限一年，自知道或者应当知道权利被侵害之日起计算；在职期间的欠薪不受此限，离职的自离职之日起一年内提出",
            "Apply to the labour arbitration commission within one year from when you knew or should have known of the breach; pay owed while still employed has no limit, and after leaving one year from the day you left",
        ),
        Route::LabourInspect => (
            "向劳动保障监察机构投诉（电话 12333），应当在违法行为发生之日起二年内提出",
            "Complain to the labour inspectorate (phone 12333) within two years of the breach",
        ),
        Route::LandContractArb => (
            "向农村土地承包仲裁委员会申请仲裁，期限二年，自知道或者应当知道权利被侵害之日起计算；也可以直接起诉",
            "Apply to the rural land-contract arbitration commission within two years from when you knew or should have known of the breach, or sue directly",
        ),
        Route::GovLandDecision => (
            "申请人民政府处理土地权属争议：个人之间、个人与单位之间由乡级或者县级以上人民政府处理，单位之间由县级以上人民政府处理；对处理决定不服的，自接到通知之日起三十日内起诉；争议解决前任何一方不得改变土地利用现状",
            "Ask the government to decide who holds the land right: the township or county government between individuals or an individual and a unit, the county or above between units; sue within thirty days of notice of the decision; until then nobody may change the use of the land",
        ),
        Route::AdminMediation => (
            "申请主管行政机关调解，没有法定申请期限，宜尽早提出",
            "Ask the competent authority to mediate; there is no statutory limit, but ask soon",
        ),
        Route::AdminReview => (
            "申请行政复议，自知道或者应当知道行政行为之日起六十日内提出",
            "Apply for administrative review within sixty days of knowing of the act",
        ),
        Route::AdminSuit => (
            "提起行政诉讼，自知道或者应当知道行政行为作出之日起六个月内提出",
            "Bring an administrative suit within six months of knowing of the act",
        ),
        Route::Petition => (
            "向有权处理的机关、单位提出信访；应当通过诉讼、仲裁、复议等法定途径解决的，先走法定途径",
            "Petition the organ competent to handle it; what a suit, arbitration or review can settle goes that way first",
        ),
        Route::CommercialArb => (
            "有仲裁协议的，向约定的仲裁委员会申请仲裁，时效一般为三年",
            "With an arbitration agreement, apply to the commission named in it, as a rule within three years",
        ),
        Route::Police => (
            "向公安机关报案，紧急情况立即拨打 110",
            "Report to the police; in an emergency call 110 at once",
        ),
        Route::ProtectionOrder => (
            "向人民法院申请人身安全保护令，随时可以提出；法院在七十二小时内、情况紧急的二十四小时内作出裁定",
            "Apply to the court for a protection order at any time; it decides within seventy-two hours, in urgent cases twenty-four",
        ),
        Route::LegalAid => (
            "向法律援助机构申请法律援助（电话 12348），随时可以提出",
            "Apply for legal aid (phone 12348) at any time",
        ),
        Route::Notary => (
            "向公证机构申请公证，没有申请期限",
            "Apply to a notary office; there is no time limit",
        ),
        Route::PaymentOrder => (
            "向基层人民法院申请支付令，应当在诉讼时效内提出；债务人自收到支付令之日起十五日内可以提出异议",
            "Apply to the basic court for a payment order within the limitation period; the debtor may object within fifteen days of receiving it",
        ),
    };
    lang.pick(zh, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matter(kind: CaseType) -> Matter {
        Matter {
            kind,
            relation: None,
            dv: false,
            rejected: None,
        }
    }

    #[test]
    fn every_type_has_a_way_to_a_court_or_an_arbitrator() {
        for kind in CaseType::ALL {
            let m = matter(*kind);
            assert!(
                fits(Route::CivilSuit, &m) || fits(Route::LabourArb, &m),
                "{kind}"
            );
            assert!(fits(Route::Police, &m) && fits(Route::LegalAid, &m));
        }
    }

    #[test]
    fn labour_is_arbitrated_before_a_suit_and_service_is_not() {
        let other = matter(CaseType::LabourOther);
        assert!(fits(Route::LabourArb, &other) && !fits(Route::CivilSuit, &other));
        let wages = |relation| Matter {
            relation,
            ..matter(CaseType::WageArrears)
        };
        let open = wages(None);
        assert!(fits(Route::LabourArb, &open) && fits(Route::CivilSuit, &open));
        assert!(!fits(Route::CivilSuit, &wages(Some(RelationKind::Labour))));
        let service = wages(Some(RelationKind::Service));
        assert!(fits(Route::CivilSuit, &service) && !fits(Route::LabourArb, &service));
    }

    #[test]
    fn routes_follow_the_type() {
        for (kind, yes, no) in [
            (
                CaseType::HouseHomestead,
                Route::GovLandDecision,
                Route::LandContractArb,
            ),
            (
                CaseType::ForestLand,
                Route::LandContractArb,
                Route::LabourArb,
            ),
            (
                CaseType::Neighbour,
                Route::CivilSuit,
                Route::GovLandDecision,
            ),
            (CaseType::Expropriation, Route::AdminReview, Route::Notary),
            (CaseType::Medical, Route::AdminMediation, Route::AdminReview),
            (CaseType::Contract, Route::PaymentOrder, Route::Petition),
            (
                CaseType::MarriageFamily,
                Route::ProtectionOrder,
                Route::PaymentOrder,
            ),
        ] {
            assert!(fits(yes, &matter(kind)), "{kind} {yes}");
            assert!(!fits(no, &matter(kind)), "{kind} {no}");
        }
        let violent = Matter {
            dv: true,
            ..matter(CaseType::Neighbour)
        };
        assert!(fits(Route::ProtectionOrder, &violent));
    }

    #[test]
    fn a_fine_is_reviewed_not_sued_over() {
        let fine = Matter {
            rejected: Some(RejectCode::Na3AdminAct),
            ..matter(CaseType::Other)
        };
        assert!(check(&[Route::AdminReview, Route::AdminSuit], &fine).is_empty());
        let bad = check(&[Route::AdminReview, Route::CivilSuit], &fine);
        assert_eq!(bad[0].reason, Reason::RouteMismatch);
        assert_eq!(bad[0].items, ["civil_suit"]);
        assert_eq!(check(&[], &fine)[0].reason, Reason::RoutesMissing);
    }

    #[test]
    fn what_another_organ_has_goes_to_that_organ() {
        let taken = Matter {
            rejected: Some(RejectCode::Na2AlreadyAccepted),
            ..matter(CaseType::Neighbour)
        };
        assert!(
            check(
                &[Route::CivilSuit, Route::Police, Route::AdminReview],
                &taken
            )
            .is_empty()
        );
        let crime = Matter {
            rejected: Some(RejectCode::Na4Crime),
            ..matter(CaseType::Damage)
        };
        assert_eq!(check(&[Route::Police, Route::CivilSuit], &crime).len(), 1);
    }

    #[test]
    fn every_limit_is_in_both_languages() {
        for route in Route::ALL {
            let t = told(*route);
            assert!(!t.limit_zh.is_ascii() && t.limit_en.is_ascii(), "{route}");
        }
        assert_eq!(
            fitting(&matter(CaseType::Neighbour))
                .iter()
                .map(|t| t.route)
                .collect::<Vec<_>>(),
            [Route::CivilSuit, Route::Police, Route::LegalAid]
        );
    }
}
