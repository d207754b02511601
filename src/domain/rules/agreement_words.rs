//! Wording that mediation cannot give effect to, found by simple text patterns (G-20, G-28, G-41).
//!
//! A finding is a second look, not a reading: the drafter's own flags count beside it. Each text
//! is cut into sentences, since a word that turns the meaning (`登记`, `法院`) stands in the same
//! sentence as what it turns.

use crate::domain::fold::{half_width, is_invisible};

/// What the operative words of an agreement seem to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Divorce by agreement alone (民法典 第一千零七十六至一千零七十九条).
    pub divorce_effect: bool,
    /// Kinship or adoption made, ended or confirmed.
    pub kinship: bool,
    /// Criminal or public-security responsibility waived, or reporting it forbidden.
    pub criminal_waiver: bool,
    /// Creditors or others harmed.
    pub third_party_harm: bool,
    /// Who owns land or a house (土地管理法 第十四条).
    pub ownership: bool,
    /// Money for the desk, the committee or a mediator (人民调解法 第四条).
    pub fee: bool,
    /// Harm of the kind that must be reported where a minor suffers it.
    pub harm: bool,
}

const REGISTRY_OR_COURT: &[&str] = &["登记", "民政", "法院", "诉讼", "起诉", "判决"];
const DIVORCE_AT_ONCE: &[&str] = &[
    "日起离婚",
    "时起离婚",
    "后即离婚",
    "即日离婚",
    "立即离婚",
    "正式离婚",
    "视为离婚",
    "离婚生效",
    "日起解除婚姻",
    "日起解除夫妻",
];
const DIVORCE: &[&str] = &[
    "自愿离婚",
    "同意离婚",
    "协议离婚",
    "解除婚姻关系",
    "解除夫妻关系",
    "婚姻关系终止",
    "婚姻关系解除",
    "终止婚姻关系",
    "不再是夫妻",
];
const KIN: &[&str] = &[
    "父子关系",
    "父女关系",
    "母子关系",
    "母女关系",
    "亲子关系",
    "收养关系",
    "血缘关系",
];
const KIN_VERBS: &[&str] = &["断绝", "解除", "确认", "成立", "终止", "脱离"];
const CRIME_PHRASES: &[&str] = &[
    "不报案",
    "不得报案",
    "不报警",
    "不得报警",
    "撤回报案",
    "撤销报案",
    "免于刑事",
    "不得举报",
    "不再举报",
    "不再控告",
];
const CRIME_PAIRS: &[(&str, &str)] = &[
    ("不追究", "刑事"),
    ("不再追究", "刑事"),
    ("不得追究", "刑事"),
    ("放弃追究", "刑事"),
    ("免除", "刑事责任"),
    ("不追究", "治安"),
    ("免除", "行政处罚"),
    ("免予", "行政处罚"),
];
const AGAINST_OTHERS: &[&str] = &[
    "逃避债务",
    "躲避债务",
    "规避执行",
    "逃避执行",
    "逃债",
    "对抗债权人",
    "对抗执行",
    "损害第三人",
];
const OWNERSHIP: &[&str] = &[
    "所有权归",
    "产权归",
    "使用权归",
    "权属归",
    "确权给",
    "所有权属于",
    "产权属于",
    "使用权属于",
];
const LAND: &[&str] = &["宅", "房", "屋", "地", "林", "山", "田", "塘", "园"];
const FEE_NAMES: &[&str] = &[
    "调解费",
    "调解服务费",
    "调解手续费",
    "调解劳务费",
    "调解报酬",
];
const FEE_PAYEES: &[&str] = &[
    "调解员",
    "调解委员会",
    "调委会",
    "调解组织",
    "解忧杂货铺",
    "心灵驿站",
];
const FEE_VERBS: &[&str] = &["支付", "付给", "交给", "交纳", "缴纳", "酬谢", "给付"];
const VALUE: &[&str] = &["元", "费", "钱", "酬", "礼", "烟", "酒", "红包"];
const NO_FEE: &[&str] = &[
    "不收",
    "免收",
    "免费",
    "不得收",
    "无需",
    "无须",
    "不产生",
    "不支付",
];
const PASSED_ON: &[&str] = &["转交", "转付", "代为", "代收", "见证"];
const HARM: &[&str] = &[
    "虐待",
    "殴打",
    "打伤",
    "打孩子",
    "打小孩",
    "打骂",
    "体罚",
    "伤痕",
    "淤青",
    "性侵",
    "猥亵",
    "遗弃",
    "伤害",
];
const AUTHORITY: &[&str] = &["公安", "派出所", "检察", "法院", "民政", "报案"];

/// Looks through the operative texts of an agreement (terms, liability, performance,
/// obligations). The account of the facts may name such things and is not to be passed here.
pub fn findings<'a>(texts: impl IntoIterator<Item = &'a str>) -> Findings {
    let mut found = Findings::default();
    for text in texts {
        for sentence in sentences(text) {
            look(&sentence, &mut found);
        }
    }
    found
}

fn look(s: &str, found: &mut Findings) {
    let official = any(s, REGISTRY_OR_COURT);
    found.divorce_effect |= any(s, DIVORCE_AT_ONCE) || (asserted(s, DIVORCE) && !official);
    found.kinship |= !official
        && ((any(s, KIN) && any(s, KIN_VERBS) && !any(s, &["不解除", "不断绝"]))
            || asserted(s, &["收养"]) && !any(s, &["收养关系"]));
    let asks_police = s.contains("申请") && s.contains("公安");
    found.criminal_waiver |= !asks_police
        && (any(s, CRIME_PHRASES) || CRIME_PAIRS.iter().any(|(a, b)| in_order(s, a, b)));
    found.third_party_harm |= any(s, AGAINST_OTHERS);
    found.ownership |= any(s, OWNERSHIP) || (in_order(s, "归", "所有") && any(s, LAND));
    found.fee |= !any(s, NO_FEE)
        && (any(s, FEE_NAMES)
            || (any(s, FEE_PAYEES)
                && any(s, VALUE)
                && FEE_VERBS.iter().any(|v| pays(s, v))
                && !any(s, PASSED_ON)));
    found.harm |= any(s, HARM) && !any(s, AUTHORITY);
}

/// `向调解员支付` and `支付给调解员`, but not a payment that only happens before a mediator.
fn pays(s: &str, verb: &str) -> bool {
    FEE_PAYEES.iter().any(|payee| {
        s.contains(&format!("{verb}{payee}"))
            || s.contains(&format!("{verb}给{payee}"))
            || soon_after(s, &format!("向{payee}"), verb)
    })
}

/// `second` follows `first` with at most two characters between.
fn soon_after(s: &str, first: &str, second: &str) -> bool {
    s.split_once(first).is_some_and(|(_, rest)| {
        let near: String = rest.chars().take(second.chars().count() + 2).collect();
        near.contains(second)
    })
}

fn sentences(text: &str) -> Vec<String> {
    let folded: String = half_width(text)
        .chars()
        .filter(|c| !is_invisible(*c) && !matches!(c, ' ' | '\t' | ',' | '"' | '\'' | '、'))
        .filter(|c| !matches!(c, '“' | '”' | '‘' | '’' | '「' | '」' | '《' | '》'))
        .collect();
    folded
        .split(['。', ';', '!', '?', '\n', '｡'])
        .filter(|s| !s.is_empty())
        .map(str::to_owned)
        .collect()
}

fn any(s: &str, words: &[&str]) -> bool {
    words.iter().any(|w| s.contains(w))
}

/// Contains one of the words without `不`, `未` or `非` right before it.
fn asserted(s: &str, words: &[&str]) -> bool {
    words.iter().any(|w| {
        s.match_indices(w).any(|(at, _)| {
            let before = s.get(..at).and_then(|head| head.chars().next_back());
            !matches!(before, Some('不' | '未' | '非'))
        })
    })
}

fn in_order(s: &str, first: &str, second: &str) -> bool {
    s.split_once(first)
        .is_some_and(|(_, rest)| rest.contains(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str, want: Findings) {
        assert_eq!(findings([text]), want, "{text}");
    }

    #[test]
    fn divorce_is_no_effect_of_an_agreement() {
        let divorce = Findings {
            divorce_effect: true,
            ..Findings::default()
        };
        for text in [
            "双方自即日起离婚。",
            "双方自即日起，离婚，并到民政局补办登记",
            "自本协议签字之日起解除婚姻关系",
            "双方自愿离婚；孩子由女方抚养",
            "双方自 即日起 离婚",
        ] {
            only(text, divorce);
        }
        for text in [
            "双方同意离婚的，到民政局办理离婚登记。",
            "任何一方可以提起离婚诉讼",
            "女方不同意离婚，双方继续共同生活",
            "夫妻共同债务由双方各承担一半",
        ] {
            only(text, Findings::default());
        }
    }

    #[test]
    fn kinship_and_crime_are_beyond_mediation() {
        for text in ["甲乙断绝父子关系", "确认双方亲子关系", "孩子由丙收养"] {
            assert!(findings([text]).kinship, "{text}");
        }
        for text in [
            "向法院起诉确认亲子关系",
            "父子关系和睦",
            "双方不解除收养关系",
        ] {
            assert!(!findings([text]).kinship, "{text}");
        }
        for text in [
            "甲方不再追究乙方的刑事责任",
            "双方均不得报案",
            "免除乙方行政处罚",
        ] {
            assert!(findings([text]).criminal_waiver, "{text}");
        }
        assert!(
            !findings(["双方书面申请公安机关不予处罚，免除行政处罚由公安机关决定"]).criminal_waiver
        );
        assert!(findings(["将房产过户以规避执行"]).third_party_harm);
    }

    #[test]
    fn ownership_of_land_is_seen_but_grain_is_not_land() {
        for text in ["老宅归大旺所有", "该地块使用权归甲方", "山林归乙方所有"]
        {
            assert!(findings([text]).ownership, "{text}");
        }
        assert!(!findings(["剩余粮食归甲方所有"]).ownership);
    }

    #[test]
    fn nobody_pays_for_mediation() {
        for text in [
            "双方各承担调解费200元",
            "甲方向调解员支付辛苦费500元",
            "乙方支付给调委会1000元",
            "乙方酬谢调解员烟酒",
        ] {
            assert!(findings([text]).fee, "{text}");
        }
        for text in [
            "本次调解不收取调解费",
            "现金当场交给调解员转交乙方",
            "在调解员见证下支付3000元",
            "乙方在调解委员会向甲方支付3000元",
            "乙方逾期的，甲方可向调委会申请督促支付剩余2000元",
            "老屋钥匙交给调解员保管",
        ] {
            assert!(!findings([text]).fee, "{text}");
        }
    }

    #[test]
    fn harm_is_for_the_authorities() {
        for text in ["母亲殴打孩子一事双方不再提起", "打孩子一事双方谅解"] {
            assert!(findings([text]).harm, "{text}");
        }
        assert!(!findings(["殴打孩子一事由公安机关处理"]).harm);
    }
}
