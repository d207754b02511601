//! What may be shown of a person to those who need not know more.

const SOMEONE: char = '某';

/// Compound surnames (复姓) still borne; without them 欧阳明 would show as 欧某某.
const COMPOUND_SURNAMES: &[&str] = &[
    "欧阳", "司马", "上官", "诸葛", "司徒", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "宇文",
    "长孙", "夏侯", "端木", "轩辕", "独孤", "南宫", "西门", "东郭", "申屠", "澹台", "公冶", "宗政",
    "濮阳", "淳于", "单于", "太叔", "仲孙", "钟离", "鲜于", "闾丘", "司空", "司寇", "赫连", "呼延",
    "百里", "闻人", "万俟", "拓跋", "漆雕", "乐正", "公羊", "谷梁", "梁丘", "左丘", "东门", "巫马",
    "颛孙", "亓官", "第五", "羊舌", "微生",
];

/// Endings that tell what kind of organisation it is; the longest that fits is kept.
const ORG_KINDS: &[&str] = &[
    "股份有限公司",
    "有限责任公司",
    "有限公司",
    "分公司",
    "集团公司",
    "公司",
    "集团",
    "股份经济合作社",
    "经济合作社",
    "经济合作联合社",
    "专业合作社",
    "合作社",
    "信用社",
    "供销社",
    "村民委员会",
    "居民委员会",
    "村委会",
    "居委会",
    "委员会",
    "村民小组",
    "业主委员会",
    "业委会",
    "合伙企业",
    "事务所",
    "家庭农场",
    "农场",
    "养殖场",
    "加工厂",
    "砖厂",
    "工厂",
    "厂",
    "车间",
    "商店",
    "超市",
    "商行",
    "经营部",
    "门市部",
    "营业部",
    "饭店",
    "酒店",
    "餐馆",
    "旅馆",
    "店",
    "幼儿园",
    "小学",
    "中学",
    "大学",
    "学院",
    "学校",
    "医院",
    "卫生院",
    "卫生室",
    "诊所",
    "药房",
    "银行",
    "支行",
    "工作室",
    "服务中心",
    "中心",
    "协会",
    "商会",
    "基金会",
    "研究所",
    "派出所",
    "管理所",
    "站",
    "局",
    "部",
    "所",
    "院",
    "社",
    "队",
];

const ORG_SHOWN: usize = 2;
const ADDRESS_SHOWN: usize = 6;
const ELLIPSIS: char = '…';

/// `叶长根` → `叶某某`, `欧阳明` → `欧阳某`; names in letters keep their first letter (`J***`).
/// At most two 某 stand for the given name, so long names do not show their length.
pub fn mask_name(name: &str) -> String {
    let chars: Vec<char> = name.chars().filter(|c| !c.is_whitespace()).collect();
    let Some(first) = chars.first() else {
        return String::new();
    };
    if !is_han(*first) {
        return format!("{first}***");
    }
    let compact: String = chars.iter().collect();
    let surname = COMPOUND_SURNAMES
        .iter()
        .find(|s| chars.len() > 2 && compact.starts_with(**s))
        .map_or_else(|| first.to_string(), ToString::to_string);
    let given = chars.len().saturating_sub(surname.chars().count());
    surname + &SOMEONE.to_string().repeat(if given > 1 { 2 } else { 1 })
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// `云岭县绿源建材有限公司` → `云岭某某有限公司`: two characters and the kind, never the whole.
pub fn mask_org_name(name: &str) -> String {
    let name = name.trim();
    let kind = ORG_KINDS
        .iter()
        .filter(|k| name.ends_with(**k))
        .max_by_key(|k| k.len())
        .copied()
        .unwrap_or_default();
    let body = name.strip_suffix(kind).unwrap_or(name);
    let shown = body.chars().count().saturating_sub(1).min(ORG_SHOWN);
    let head: String = body.chars().take(shown).collect();
    format!("{head}{SOMEONE}{SOMEONE}{kind}")
}

/// First three and last four characters of an identity number.
pub fn mask_id(number: &str) -> String {
    mask_middle(number)
}

/// First three and last four digits; a Chinese E.164 number as it is dialled at home.
pub fn mask_phone(e164: &str) -> String {
    match e164.strip_prefix("+86") {
        Some(mobile) if mobile.len() == 11 && mobile.starts_with('1') => mask_middle(mobile),
        Some(landline) => mask_middle(&format!("0{landline}")),
        None => mask_middle(e164),
    }
}

/// First character of the local part and the domain.
pub fn mask_email(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            let first: String = local.chars().take(1).collect();
            format!("{first}***@{domain}")
        }
        None => "***".to_owned(),
    }
}

/// Keeps three in front and four behind, less where fewer than four would stay hidden.
fn mask_middle(text: &str) -> String {
    let len = text.chars().count();
    let tail = if len >= 8 { 4 } else { 0 };
    let head = len.saturating_sub(tail + 4).min(3);
    text.chars()
        .enumerate()
        .map(|(i, c)| {
            if i < head || i >= len.saturating_sub(tail) {
                c
            } else {
                '*'
            }
        })
        .collect()
}

/// Shows an address down to its village or community, else its township, else six characters.
/// House numbers are never shown: nothing after the first digit is looked at.
pub fn mask_address(address: &str) -> String {
    let address = address.trim();
    let named = address
        .find(char::is_numeric)
        .and_then(|at| address.get(..at))
        .unwrap_or(address);
    let shown =
        cut_after(named, &["村", "社区"]).or_else(|| cut_after(named, &["镇", "乡", "街道"]));
    match shown {
        Some(shown) if shown == address => address.to_owned(),
        Some(shown) => format!("{shown}{ELLIPSIS}"),
        None => {
            let whole = address.chars().count();
            let limit = if whole > ADDRESS_SHOWN {
                ADDRESS_SHOWN
            } else {
                whole / 2
            };
            let head: String = named.chars().take(limit).collect();
            format!("{head}{ELLIPSIS}")
        }
    }
}

/// The text up to and with the first of `marks`.
fn cut_after<'a>(text: &'a str, marks: &[&str]) -> Option<&'a str> {
    let end = marks
        .iter()
        .filter_map(|m| text.find(m).map(|at| at + m.len()))
        .min()?;
    text.get(..end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_keeps_its_surname() {
        for (name, want) in [
            ("叶长根", "叶某某"),
            ("叶 长 根", "叶某某"),
            ("李伟", "李某"),
            ("叶", "叶某"),
            ("欧阳明", "欧阳某"),
            ("欧阳春兰", "欧阳某某"),
            ("司马", "司某"),
            ("阿卜杜拉·买买提", "阿某某"),
            ("John Smith", "J***"),
            ("𬭎小明", "𬭎某某"),
            ("", ""),
        ] {
            assert_eq!(mask_name(name), want, "{name}");
        }
    }

    #[test]
    fn an_organisation_keeps_its_kind() {
        for (name, want) in [
            ("云岭县绿源建材有限公司", "云岭某某有限公司"),
            ("云岭小学", "云某某小学"),
            ("凤溪镇叶洋村村民委员会", "凤溪某某村民委员会"),
            ("福兴超市", "福某某超市"),
            ("超市", "某某超市"),
            ("凤凰山庄", "凤凰某某"),
        ] {
            assert_eq!(mask_org_name(name), want, "{name}");
        }
    }

    #[test]
    fn numbers_keep_three_and_four() {
        assert_eq!(mask_id("11010519491231002X"), "110***********002X");
        assert_eq!(mask_phone("+8613800138000"), "138****8000");
        assert_eq!(mask_phone("+865933882345"), "059****2345");
        assert_eq!(mask_phone("+14155552671"), "+14*****2671");
        assert_eq!(mask_phone("+12345678"), "+****5678");
        assert_eq!(mask_id("1234567"), "123****");
        assert_eq!(mask_email("ye.changgen@example.com"), "y***@example.com");
    }

    #[test]
    fn an_address_ends_at_the_village() {
        for (address, want) in [
            ("云岭县凤溪镇叶洋村水尾路12号", "云岭县凤溪镇叶洋村…"),
            ("云岭县城关街道东门社区3栋501", "云岭县城关街道东门社区…"),
            ("云岭县凤溪镇新街8号", "云岭县凤溪镇…"),
            ("云岭县凤溪镇叶洋村", "云岭县凤溪镇叶洋村"),
            ("云岭县幸福路12号东方新村3栋", "云岭县幸福路…"),
            ("云岭县工业园区管委会宿舍", "云岭县工业园…"),
            ("水电站宿舍", "水电…"),
            ("12号", "…"),
            ("", "…"),
        ] {
            assert_eq!(mask_address(address), want, "{address}");
        }
    }

    proptest! {
        #[test]
        fn masks_hide_what_they_must(text in "\\PC{0,30}") {
            let len = text.chars().count();
            let shown = mask_id(&text).chars().zip(text.chars()).filter(|(a, b)| a == b && *b != '*').count();
            prop_assert!(shown <= 7 && (shown + 4 <= len || shown == 0));
            prop_assert_eq!(mask_id(&text).chars().count(), len);
            let _ = (mask_name(&text), mask_org_name(&text), mask_phone(&text), mask_email(&text));
            prop_assert!(!mask_address(&text).contains(char::is_numeric));
        }

        #[test]
        fn a_given_name_never_shows(given in "[明长根伟芳秀兰]{1,3}") {
            let masked = mask_name(&format!("叶{given}"));
            prop_assert!(given.chars().all(|c| !masked.contains(c)));
        }
    }
}
