//! The dossier: looked at, held, exported.

use std::path::PathBuf;

use super::headers::wants_dry_run;
use super::route::{Answer, BodyKind, Incoming, Route};
use crate::commands::dossier as acts;
use crate::commands::dossier::{AskExport, ExportFacts};
use crate::error::{Code, Error};
use crate::paper::bundle::hash_of;
use crate::paper::export::{Plan, export};
use crate::queries::dossier::{self as views, ExportPlan};

pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/cases/{case_id}/dossier",
        "get_dossier",
        views::dossier,
    ),
    Route::get(
        "/api/v1/cases/{case_id}/dossier-check",
        "check_dossier",
        views::dossier,
    )
    .deprecated("2026-11-24", "2027-12-01"),
    Route::post(
        "/api/v1/cases/{case_id}/archive",
        "archive_case",
        acts::archive,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/legal-hold",
        "set_legal_hold",
        acts::hold,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/legal-hold/release",
        "release_legal_hold",
        acts::release,
    ),
    Route::special(
        "POST",
        "/api/v1/cases/{case_id}/dossier-exports",
        "export_dossier",
        BodyKind::Json,
        |i| Box::pin(send_export(i)),
    )
    .sends(&["application/zip"])
    .slow(),
];

/// A ZIP that lies whole in a temporary file. Dropping it removes it.
struct Zipped {
    temp: tempfile::TempPath,
    facts: ExportFacts,
}

/// `POST …/dossier-exports`: read in one view, made on the blocking pool into a temporary file,
/// recorded, and only then streamed.
async fn send_export(i: Incoming) -> Result<Answer, Error> {
    let input = i.call.read(AskExport::read)?;
    let call = i.call.clone();
    let plan = i
        .state
        .db
        .read(i.ctx.clone(), move |snap| views::export_plan(snap, &call))
        .await?;
    let case = plan.file.case.id;
    let name = format!("dossier-{}.zip", plan.file.case.code);
    let dry_run = wants_dry_run(i.request.headers());
    let (temp, facts) = if dry_run {
        let facts = ExportFacts {
            purpose: input.purpose,
            ..ExportFacts::default()
        };
        (None, facts)
    } else {
        let files = i.state.env.files.clone();
        let zipped = tokio::task::spawn_blocking(move || zip(&plan, input.purpose, files))
            .await
            .map_err(Error::internal)??;
        (Some(zipped.temp), zipped.facts)
    };
    let call = i.call.clone();
    let reply = i.act(move |tx| acts::exported(tx, &call, &facts)).await?;
    Ok(match temp {
        None => Answer::Reply(reply),
        Some(file) => Answer::Made {
            file,
            name,
            media_type: "application/zip".to_owned(),
            reads: vec![format!("case/{case}")],
        },
    })
}

fn zip(plan: &ExportPlan, purpose: String, files: PathBuf) -> Result<Zipped, Error> {
    let disk = |e: std::io::Error| {
        if e.kind() == std::io::ErrorKind::StorageFull {
            Error::Wait(Code::StorageFull, 30)
        } else {
            Error::internal(e)
        }
    };
    std::fs::create_dir_all(&files).map_err(disk)?;
    let temp = tempfile::Builder::new()
        .prefix("incoming-")
        .tempfile_in(&files)
        .map_err(disk)?;
    let (file, temp) = temp.into_parts();
    let facts = plan.made.facts(&plan.by, plan.at, None);
    let left_out = facts.left_out.total();
    let done = export(
        &Plan {
            file: &plan.file,
            facts,
            bound: plan.bound.as_ref(),
            purpose: &purpose,
            checkpoint: plan.checkpoint.clone(),
        },
        &files,
        file,
    )
    .map_err(Error::internal)?;
    let (sha256, _) = hash_of(&temp).map_err(disk)?;
    Ok(Zipped {
        temp,
        facts: ExportFacts {
            entries: done.entries,
            pages: done.pages,
            left_out,
            sha256,
            purpose,
        },
    })
}
