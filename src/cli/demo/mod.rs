//! The fictional county 云岭县 (code 359901): a place to try the service. No real person is in it.

pub mod blocks;
pub mod client;
pub mod county;
pub mod play;
pub mod stories;

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use self::client::{Caller, PASSWORD};
use super::Outcome;
use super::serve::{Running, prepare, start, start_logging, wait_for_end};
use crate::app::system_ctx;
use crate::config::Config;
use crate::http::state::State;

/// The marker of a county whose cases were all told: a half-loaded one is told so, not reloaded.
const DONE: &str = "demo.done";

/// Loads the county if it is not there, plays one dispute, prints how to go on, serves.
pub fn demo(config: &Config, stay: bool, cases: bool) -> Outcome {
    let mut config = config.clone();
    // The story is what should be read, not the request log.
    if config.log_filter == "info" {
        config.log_filter = "warn".to_owned();
    }
    // The demo's clerks type faster than people may.
    config.rate_per_second = config.rate_per_second.max(2_000);
    config.rate_burst = config.rate_burst.max(2_000);
    start_logging(&config);
    actix_web::rt::System::new().block_on(async {
        let state = prepare(&config)?;
        let fresh = seed(&state).await?;
        let running = start(&config, &state)?;
        let base = format!("http://{}", config.bind);
        if fresh && cases {
            load(&config, &base).await?;
        } else if !fresh {
            println!(
                "云岭县的数据已在 {}，直接启动 data found, starting",
                config.data_dir.display()
            );
        }
        hints(&base);
        if stay {
            wait_for_end(running, Duration::from_secs(1)).await
        } else {
            stop(running).await
        }
    })
}

async fn stop(running: Running) -> Outcome {
    super::serve::end(running, Duration::ZERO).await
}

/// Writes units and people; false when they are there.
async fn seed(state: &Arc<State>) -> Result<bool, String> {
    let text = |e: crate::error::Error| format!("{e:?}");
    let ctx = system_ctx(&*state.clock, &state.ids);
    if state
        .db
        .read(ctx.clone(), |snap| Ok(county::exists(snap)))
        .await
        .map_err(text)?
    {
        return Ok(false);
    }
    let phc = state
        .hasher
        .hash(PASSWORD)
        .await
        .map_err(|e| e.to_string())?;
    state
        .db
        .write(ctx, move |tx| county::seed(tx, &phc))
        .await
        .map_err(text)?;
    Ok(true)
}

async fn load(config: &Config, base: &str) -> Outcome {
    let mut caller = Caller::new(base)?;
    println!("装载云岭县的办件 loading the county's cases");
    let mut n = 0;
    stories::tell_all(&mut caller, |title| {
        n += 1;
        println!("  {n:>2}/{} {title}", stories::COUNT);
        let _ = std::io::stdout().flush();
    })
    .await?;
    let mail = if config.mail.dir.is_empty() {
        config.data_dir.join("mail")
    } else {
        config.mail.dir.clone().into()
    };
    play::Play::new(&mut caller, mail).run().await?;
    std::fs::write(config.data_dir.join(DONE), b"").map_err(|e| e.to_string())
}

fn hints(base: &str) {
    println!("\n── 试用 Try it ──");
    println!("文档 docs: {base}/docs");
    println!("口令 password of every demo login: {PASSWORD}");
    for (username, name, role, unit) in county::logins() {
        use crate::domain::codes::{Code, Lang};
        println!(
            "  {username:<16} {name}  {}（{unit}）",
            role.label(Lang::Zh)
        );
    }
    println!(
        "\nTOKEN=$(curl -s {base}/api/v1/auth/login -H 'content-type: application/json' -d '{{\"username\":\"zhengguoxing\",\"password\":\"{PASSWORD}\",\"device_id\":\"0b6c2a52-6f0e-4d7e-9a38-0f6d2a2f9c11\"}}' | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')"
    );
    println!("curl -s '{base}/api/v1/cases?queue=desk' -H \"authorization: Bearer $TOKEN\"");
    println!(
        "curl -s {base}/api/v1/case-searches -H \"authorization: Bearer $TOKEN\" -H 'content-type: application/json' -d '{{\"text\":\"界址\"}}'"
    );
    let _ = std::io::stdout().flush();
}
