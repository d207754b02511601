//! `serve`: the API, the metrics, the worker, and an orderly end.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;

use super::Outcome;
use crate::app::{self, Parts};
use crate::config::Config;
use crate::http::server;
use crate::http::state::State;
use crate::worker::duties::{self, Duties, Keep};
use crate::worker::{checkpoints, files, run, verifications};

/// Between `/readyz` turning 503 and the end of accepting: time for a balancer to notice.
const DRAIN: Duration = Duration::from_secs(5);

/// Starts logging to standard output.
pub fn start_logging(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log_filter).unwrap_or_default();
    let base = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false);
    // A second start in one process (tests) keeps the first subscriber.
    let _ = if config.log_format == "json" {
        base.json().flatten_event(true).try_init()
    } else {
        base.with_ansi(false).try_init()
    };
    std::panic::set_hook(Box::new(|info| {
        let at = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(at, "panic");
    }));
}

/// Opens, migrates and builds: what `serve` and `demo` share.
pub fn prepare(config: &Config) -> Result<Arc<State>, String> {
    let db = app::open_db(config).map_err(|e| e.to_string())?;
    db.migrate().map_err(|e| e.to_string())?;
    app::build(config, db, Parts::default()).map_err(|e| e.to_string())
}

/// Runs until SIGTERM or SIGINT.
pub fn serve(config: &Config) -> Outcome {
    start_logging(config);
    actix_web::rt::System::new().block_on(async {
        let state = prepare(config)?;
        let running = start(config, &state)?;
        tracing::info!(bind = %config.bind, "serving");
        wait_for_end(running, DRAIN).await
    })
}

/// A serving process.
pub struct Running {
    pub state: Arc<State>,
    handle: actix_web::dev::ServerHandle,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
    metrics: Option<actix_web::dev::ServerHandle>,
    worker: Option<(watch::Sender<bool>, tokio::task::JoinHandle<()>)>,
    scheduler: Option<(watch::Sender<bool>, tokio::task::JoinHandle<()>)>,
    signer: Option<(watch::Sender<bool>, tokio::task::JoinHandle<()>)>,
    verifier: Option<(watch::Sender<bool>, tokio::task::JoinHandle<()>)>,
}

/// Binds and starts; returns at once.
pub fn start(config: &Config, state: &Arc<State>) -> Result<Running, String> {
    let listener =
        TcpListener::bind(&config.bind).map_err(|e| format!("bind {}: {e}", config.bind))?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = if config.workers == 0 {
        cores
    } else {
        config.workers
    };
    let server = server::serve(Arc::clone(state), listener, workers).map_err(|e| e.to_string())?;
    let handle = server.handle();
    let server = tokio::task::spawn_local(server);
    let (clock, ids) = (Arc::clone(&state.clock), Arc::clone(&state.ids));
    let duties = app::duties(state.db.clone(), clock, ids);
    let (state_of_house, keep) = (Arc::clone(state), app::keep(config));
    tokio::task::spawn_local(keep_house(
        state_of_house,
        duties.clone(),
        keep,
        config.run_worker,
    ));
    let scheduler = config.run_worker.then(|| {
        let (stop, stopped) = watch::channel(false);
        (stop, tokio::spawn(duties::run_loop(duties, stopped)))
    });
    let metrics = match config.metrics_bind.parse() {
        Ok(bind) => {
            let metrics = server::serve_metrics(Arc::clone(state), bind)
                .map_err(|e| format!("metrics_bind {bind}: {e}"))?;
            let handle = metrics.handle();
            tokio::task::spawn_local(metrics);
            Some(handle)
        }
        Err(_) => None,
    };
    let worker = if config.run_worker {
        let worker = app::worker(
            config,
            state.db.clone(),
            Arc::clone(&state.clock),
            Arc::clone(&state.ids),
            &state.metrics,
        )
        .map_err(|e| e.to_string())?;
        let (stop, stopped) = watch::channel(false);
        Some((stop, tokio::spawn(run::run_loop(worker, stopped))))
    } else {
        None
    };
    let signer = if config.run_worker {
        Some(start_signing(config, state)?)
    } else {
        None
    };
    let verifier = config.run_worker.then(|| start_verifying(config, state));
    sweep_files(state);
    Ok(Running {
        state: Arc::clone(state),
        worker,
        scheduler,
        signer,
        verifier,
        handle,
        server,
        metrics,
    })
}

/// How often house is kept. New token keys are published a day before they sign.
const UPKEEP: Duration = Duration::from_secs(300);

/// Looks at the cases that changed for signs that they are made up. Cases from before figures were
/// kept are counted first, until that was done `once`: it walks every case.
async fn look_for_signals(state: &Arc<State>, once: &mut bool) {
    let parts = crate::worker::signals::Parts {
        db: state.db.clone(),
        clock: Arc::clone(&state.clock),
        ids: Arc::clone(&state.ids),
        key: state.env.blind.clone(),
    };
    let counted = *once;
    let pass = move || {
        if !counted {
            crate::worker::signals::count_existing(&parts)?;
        }
        crate::worker::signals::follow(&parts)
    };
    match tokio::task::spawn_blocking(pass).await {
        Ok(Ok(_)) => *once = true,
        Ok(Err(e)) => tracing::warn!(error = ?e, "signals not looked for"),
        Err(e) => tracing::warn!(error = %e, "signals not looked for"),
    }
}

/// Reads and rotates the token keys, looks for signals, and removes what can mean nothing
/// any more, for as long as the process runs.
async fn keep_house(state: Arc<State>, duties: Duties, keep: Keep, run_worker: bool) {
    let mut counted = false;
    loop {
        tokio::time::sleep(UPKEEP).await;
        let at = Arc::clone(&state);
        match tokio::task::spawn_blocking(move || app::refresh_keys(&at)).await {
            Ok(Ok(())) => {}
            Ok(Err(e)) => tracing::error!(error = %e, "token keys could not be read"),
            Err(e) => tracing::error!(error = %e, "token keys could not be read"),
        }
        if run_worker {
            look_for_signals(&state, &mut counted).await;
        }
        if let Err(e) = duties.purge(keep).await {
            tracing::warn!(error = ?e, "nothing purged");
        }
    }
}

/// Starts the checkpoints over the audit trail.
fn start_signing(
    config: &Config,
    state: &Arc<State>,
) -> Result<(watch::Sender<bool>, tokio::task::JoinHandle<()>), String> {
    let (clock, ids) = (Arc::clone(&state.clock), Arc::clone(&state.ids));
    let signer = app::signer(config, state.db.clone(), clock, ids).map_err(|e| e.to_string())?;
    let meters = checkpoints::Meters {
        size: state.metrics.audit_size.clone(),
        pending: state.metrics.audit_pending.clone(),
        failures: state.metrics.audit_failures.clone(),
    };
    let every = Duration::from_secs(config.checkpoint_seconds);
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(checkpoints::run_loop(signer, every, meters, stopped));
    Ok((stop, task))
}

/// Starts what runs the verifications that auditors ask for.
fn start_verifying(
    config: &Config,
    state: &Arc<State>,
) -> (watch::Sender<bool>, tokio::task::JoinHandle<()>) {
    let runner = app::verifications(
        config,
        state.db.clone(),
        Arc::clone(&state.clock),
        Arc::clone(&state.ids),
    );
    let (stop, stopped) = watch::channel(false);
    (stop, tokio::spawn(verifications::run_loop(runner, stopped)))
}

/// Removes, beside the serving, what broken-off uploads left behind.
fn sweep_files(state: &Arc<State>) {
    let state = Arc::clone(state);
    tokio::task::spawn_blocking(move || {
        let ctx = app::system_ctx(&*state.clock, &state.ids);
        match files::sweep(&state.db, &ctx, &state.env.files) {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "files without a row removed"),
            Err(_) => tracing::warn!("the folder of files could not be swept"),
        }
    });
}

/// Waits for a signal, then drains: not ready, no new connections, requests under way finish.
pub async fn wait_for_end(running: Running, drain: Duration) -> Outcome {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate()).map_err(|e| e.to_string())?;
    let mut int = signal(SignalKind::interrupt()).map_err(|e| e.to_string())?;
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
        () = ended(&running.server) => return Err("the server ended by itself".to_owned()),
    }
    end(running, drain).await
}

/// Drains and stops: not ready, no new connections, requests and deliveries under way finish.
pub async fn end(mut running: Running, drain: Duration) -> Outcome {
    tracing::info!("draining");
    running.state.draining.store(true, Ordering::Relaxed);
    let verifier = running.verifier.take().map(|(stop, task)| {
        let _ = stop.send(true);
        task
    });
    let worker = running.worker.take().map(|(stop, task)| {
        let _ = stop.send(true);
        task
    });
    let scheduler = running.scheduler.take().map(|(stop, task)| {
        let _ = stop.send(true);
        task
    });
    tokio::time::sleep(drain).await;
    running.handle.stop(true).await;
    for task in [worker, scheduler, verifier].into_iter().flatten() {
        let _ = task.await;
    }
    // Last, so that the final checkpoint covers all that was done.
    if let Some((stop, task)) = running.signer.take() {
        let _ = stop.send(true);
        let _ = task.await;
    }
    if let Some(metrics) = &running.metrics {
        metrics.stop(false).await;
    }
    tracing::info!("stopped");
    Ok(())
}

async fn ended(server: &tokio::task::JoinHandle<std::io::Result<()>>) {
    while !server.is_finished() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
