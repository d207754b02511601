//! The release binary as a child process: start, watch, stop.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant as Timer};

use crate::Fault;
use crate::client::{Client, request};

/// A serving child; killed when dropped.
pub struct Server {
    child: Child,
    pub addr: SocketAddr,
    /// From the start of the process to the first `200` of `/readyz`.
    pub start_ms: f64,
}

/// Memory of a process in MiB.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    pub now: f64,
    pub peak: f64,
}

fn binary() -> PathBuf {
    std::env::var_os("JIEYOU_BIN").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/release/jieyou"),
        PathBuf::from,
    )
}

fn free_port() -> Result<SocketAddr, Fault> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

impl Server {
    /// Starts the service with its own settings, the limits of one caller lifted.
    #[allow(clippy::disallowed_methods)]
    pub fn start(data_dir: &Path, url: &str, connections: usize) -> Result<Self, Fault> {
        let binary = binary();
        if !binary.is_file() {
            return Err(format!(
                "{} is not there: run `cargo build --release` or set JIEYOU_BIN",
                binary.display()
            )
            .into());
        }
        let addr = free_port()?;
        let log = File::create(data_dir.join("server.log"))?;
        let timer = Timer::now();
        let child = Command::new(binary)
            .arg("serve")
            .env_remove("JIEYOU_BIN")
            .env("JIEYOU_BIND", addr.to_string())
            .env("JIEYOU_METRICS_BIND", free_port()?.to_string())
            .env("JIEYOU_DATA_DIR", data_dir)
            .env("DATABASE_URL", url)
            .env("JIEYOU_DATABASE_CONNECTIONS", connections.to_string())
            .env("JIEYOU_RATE_PER_SECOND", "1000000")
            .env("JIEYOU_RATE_BURST", "1000000")
            .stdout(Stdio::from(log.try_clone()?))
            .stderr(Stdio::from(log))
            .spawn()?;
        let mut out = Self {
            child,
            addr,
            start_ms: 0.0,
        };
        let probe = request("GET", "/readyz", "none", "", "");
        loop {
            let ready = Client::connect(addr)
                .and_then(|mut c| c.send(&probe))
                .is_ok_and(|a| a.status == 200);
            if ready {
                break;
            }
            if let Some(status) = out.child.try_wait()? {
                return Err(format!("the server ended at once: {status}").into());
            }
            if timer.elapsed() > Duration::from_secs(60) {
                return Err("the server did not become ready within a minute".into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        out.start_ms = timer.elapsed().as_secs_f64() * 1_000.0;
        Ok(out)
    }

    /// What the kernel says of the process's memory.
    pub fn memory(&self) -> Result<Memory, Fault> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let of = |name: &str| {
            text.lines()
                .find_map(|l| l.strip_prefix(name))
                .and_then(|v| v.split_whitespace().next())
                .and_then(|v| v.parse::<f64>().ok())
                .map_or(0.0, |kib| kib / 1_024.0)
        };
        Ok(Memory {
            now: of("VmRSS:"),
            peak: of("VmHWM:"),
        })
    }

    /// SIGTERM, then waits for the orderly end.
    #[allow(clippy::disallowed_methods)]
    pub fn stop(mut self) -> Result<(), Fault> {
        Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()?;
        let timer = Timer::now();
        while timer.elapsed() < Duration::from_secs(40) {
            if let Some(status) = self.child.try_wait()? {
                return if status.success() {
                    Ok(())
                } else {
                    Err(format!("the server ended with {status}").into())
                };
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("the server did not stop on SIGTERM".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
