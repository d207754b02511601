//! The demo county's cases: short versions of well-known kinds of quarrel, at many stages.

mod ended;
mod open;
mod settled;

use serde_json::{Value, json};

use super::blocks::{Tale, two};
use super::client::Caller;

type Told = Result<(), String>;

fn matter(kind: &str, summary: &str, parties: Value, issue: &str) -> Value {
    json!({
        "type": kind, "source": "application", "channel": "walk_in", "summary": summary,
        "parties": parties, "issues": [{"text": issue, "claim": "请求调解"}],
    })
}

/// How many cases the demo has told when this one ends: printed as progress.
pub const COUNT: usize = 24;

/// Tells all cases; `done` is called after each.
///
/// # Errors
/// The first call that was not answered as it should be.
pub async fn tell_all(c: &mut Caller, mut done: impl FnMut(&str)) -> Told {
    settled::gutter(c).await?;
    done("檐沟滴水：当场履行的口头协议，已结案");
    settled::boundary(c).await?;
    done("兄弟宅基地界址：书面协议已生效，履行中");
    ended::refused(c).await?;
    done("主动调解遭拒：已终止并告知途径");
    ended::withdrawn(c).await?;
    done("代销款：申请人撤回");
    open::recusal(c).await?;
    done("林地：申请回避，已调换调解员");
    settled::loan(c).await?;
    done("借款五万元：分期履行中");
    settled::court(c).await?;
    done("损害赔偿：书面协议已生效");
    open::resettlers(c).await?;
    done("安置房裂缝：上报县中心待签收");
    settled::caucus(c).await?;
    done("合伙：背靠背后达成书面协议");
    open::homestead(c).await?;
    done("宅基地历史纠纷：已推选代表，调解中");
    open::injury(c).await?;
    done("工伤：调解中");
    ended::violence(c).await?;
    done("家暴标记：已报告");
    ended::fine(c).await?;
    done("不服罚款：不予受理并告知途径");
    ended::lawsuit(c).await?;
    done("法院已受理且扬言报复：红色风险，不予受理");
    open::smell(c).await?;
    done("养殖臭气：已登记");
    ended::sham(c).await?;
    done("借条：涉嫌虚假调解，已中止");
    ended::duplicate(c).await?;
    done("重复登记：已并案");
    open::returned(c).await?;
    done("林界：上报后被退回补正");
    open::inheritance(c).await?;
    done("归侨继承：已受理并指定调解员");
    open::divorce(c).await?;
    done("离婚财产与抚养：调解中");
    for (desk, kind, summary, a, b, issue) in FRESH {
        let tale = Tale::register(
            c,
            desk,
            "chenyuee",
            "tw_liping",
            matter(kind, summary, two(a, b), issue),
        )
        .await?;
        if *desk == "lengxiaofeng" {
            tale.to_assigned(c).await?;
        }
        done(summary);
    }
    Ok(())
}

/// Matters still at the beginning.
const FRESH: &[(&str, &str, &str, &str, &str, &str)] = &[
    (
        "lengxiaofeng",
        "business",
        "收购商压低菌菇收购价。",
        "巫永福",
        "牛记",
        "收购价格",
    ),
    (
        "lengxiaofeng",
        "environment",
        "养猪场污水流入水塘。",
        "尹三妹",
        "牧丰养殖场",
        "污水",
    ),
    (
        "tangqiaoyun",
        "property_mgmt",
        "小区电梯长期停用。",
        "田秀云",
        "望湖物业",
        "电梯维修",
    ),
    (
        "maoguodong",
        "consumer_other",
        "农药假冒导致减产。",
        "池有田",
        "石塘农资店",
        "减产损失",
    ),
];
