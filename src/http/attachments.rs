//! Evidence and documents: declared as JSON, stored and fetched as bytes.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use actix_web::http::header::{ContentDisposition, DispositionParam};
use actix_web::web::Payload;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::headers::{header, wants_dry_run};
use super::route::{Answer, BodyKind, Incoming, Route};
use crate::commands::records as acts;
use crate::domain::rules::attachments::FileFacts;
use crate::domain::rules::file_types::{FileType, GLIMPSE_BYTES, Glimpse};
use crate::error::{Code, Error};
use crate::paper::count::pages_of;
use crate::queries::records;

pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/cases/{case_id}/attachments",
        "list_attachments",
        records::attachments,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/attachments",
        "declare_attachment",
        acts::declare_attachment,
    ),
    Route::special(
        "PUT",
        "/api/v1/cases/{case_id}/attachments/{attachment_id}/file",
        "store_attachment_file",
        BodyKind::Raw,
        |i| Box::pin(upload(i)),
    ),
    Route::special(
        "GET",
        "/api/v1/cases/{case_id}/attachments/{attachment_id}/file",
        "get_attachment_file",
        BodyKind::None,
        |i| Box::pin(download(i)),
    )
    .sends(FileType::MEDIA_TYPES),
];

/// An upload that lies whole in a file of its own, not yet under its final name. Dropping it
/// removes it.
struct Received {
    temp: tempfile::TempPath,
    size: u64,
    sha256: String,
    kind: Option<FileType>,
}

fn disk(e: std::io::Error) -> Error {
    if e.kind() == std::io::ErrorKind::StorageFull {
        Error::Wait(Code::StorageFull, 30)
    } else {
        Error::internal(e)
    }
}

/// The name sent with the file, if any.
fn sent_name(i: &Incoming) -> Result<Option<String>, Error> {
    let Some(raw) = i.request.headers().get("content-disposition") else {
        return Ok(None);
    };
    let malformed = || Error::with(Code::MalformedHeader, "Content-Disposition");
    let parsed = ContentDisposition::from_raw(raw).map_err(|_| malformed())?;
    let plain = parsed.parameters.iter().find_map(|p| match p {
        DispositionParam::Filename(name) => Some(name.clone()),
        _ => None,
    });
    let extended = parsed.parameters.iter().find_map(|p| match p {
        DispositionParam::FilenameExt(v) => Some(String::from_utf8(v.value.clone())),
        _ => None,
    });
    match extended {
        Some(name) => name.map(Some).map_err(|_| malformed()),
        None => Ok(plain),
    }
}

/// `PUT …/file`: the bytes go to a file of their own, are hashed, told by content and made safe on
/// disk; only then the row says so. A crash in between leaves a file that the sweeper removes,
/// never a row that points at nothing.
async fn upload(mut i: Incoming) -> Result<Answer, Error> {
    i.call.query().finish()?;
    let max = i.state.env.max_file_bytes;
    let call = i.call.clone();
    i.state
        .db
        .read(i.ctx.clone(), move |snap| {
            acts::may_upload(snap, &call).map(|_| ())
        })
        .await?;
    let headers = i.request.headers();
    let told: Option<u64> = header(headers, "content-length").and_then(|t| t.parse().ok());
    if told.is_some_and(|n| n > max) {
        return Err(Error::of(Code::TooLarge));
    }
    let filename = sent_name(&i)?;
    let declared_type = header(headers, "content-type").map(str::to_owned);
    let dry_run = wants_dry_run(headers);
    let payload = i
        .payload
        .take()
        .ok_or_else(|| Error::internal("an upload without a body"))?;
    let idle = i.state.limits.body_time;
    let got = receive(payload, &i.state.env.files, max, idle).await?;

    let (temp, kind) = (got.temp.to_path_buf(), got.kind);
    let pages = blocking(move || match kind {
        Some(kind) => pages_of(&temp, kind.media_type()),
        None => Ok(None),
    })
    .await?;
    let key = i.state.ids.uuid();
    let facts = FileFacts {
        filename,
        declared_type,
        sniffed: got.kind,
        size_bytes: i64::try_from(got.size).map_err(Error::internal)?,
        sha256: got.sha256,
        pages,
        file_key: key,
        max_bytes: i64::try_from(max).unwrap_or(i64::MAX),
    };
    let path = i.state.env.files.join(key.simple().to_string());
    let (temp, target) = (got.temp, path.clone());
    blocking(move || {
        temp.persist(&target).map_err(|e| e.error)?;
        std::fs::File::open(target.parent().unwrap_or(Path::new(".")))?.sync_all()
    })
    .await?;
    let call = i.call.clone();
    let out = i.act(move |tx| acts::store(tx, &call, &facts)).await;
    let kept = match &out {
        // A retry of what is stored already kept the first file.
        Ok(_) => !dry_run && names_key(&i, key).await,
        // A refusal is certain; after any other error the outcome may not be known.
        Err(e) => e.status() >= 500,
    };
    if !kept {
        let _ = tokio::fs::remove_file(&path).await;
    }
    out.map(Answer::Reply)
}

/// Whether a row names the file now. Unsure is yes: the sweeper looks again.
async fn names_key(i: &Incoming, key: Uuid) -> bool {
    i.state
        .db
        .read(i.ctx.clone(), move |snap| snap.files_in_use(&[key]))
        .await
        .map_or(true, |used| used.contains(&key))
}

async fn blocking<T: Send + 'static>(
    f: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(f)
        .await
        .map_err(Error::internal)?
        .map_err(disk)
}

/// Streams a body into a temporary file beside its final place; stops at the cap.
async fn receive(
    mut payload: Payload,
    dir: &Path,
    max: u64,
    idle: Duration,
) -> Result<Received, Error> {
    let dir = dir.to_owned();
    let temp = blocking(move || {
        std::fs::create_dir_all(&dir)?;
        tempfile::Builder::new()
            .prefix("incoming-")
            .tempfile_in(&dir)
    })
    .await?;
    let (file, temp) = temp.into_parts();
    let mut file = tokio::fs::File::from_std(file);
    let mut hash = Sha256::new();
    let (mut head, mut tail) = (Vec::new(), VecDeque::new());
    let mut size = 0_u64;
    loop {
        let chunk = match tokio::time::timeout(idle, payload.next()).await {
            Ok(None) => break,
            Ok(Some(Ok(chunk))) => chunk,
            Ok(Some(Err(_))) | Err(_) => {
                return Err(Error::with(Code::MalformedHeader, "body broken off"));
            }
        };
        size = size.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if size > max {
            return Err(Error::of(Code::TooLarge));
        }
        let missing = GLIMPSE_BYTES.saturating_sub(head.len());
        head.extend(chunk.iter().take(missing));
        tail.extend(chunk.iter());
        let surplus = tail.len().saturating_sub(GLIMPSE_BYTES);
        tail.drain(..surplus);
        hash.update(&chunk);
        file.write_all(&chunk).await.map_err(disk)?;
    }
    file.flush().await.map_err(disk)?;
    file.sync_all().await.map_err(disk)?;
    let kind = FileType::sniff(Glimpse {
        head: &head,
        tail: tail.make_contiguous(),
        size,
    });
    Ok(Received {
        temp,
        size,
        sha256: hex::encode(hash.finalize()),
        kind,
    })
}

/// `GET …/file`: always an attachment, never shown inline.
async fn download(i: Incoming) -> Result<Answer, Error> {
    let call = i.call.clone();
    let file = i
        .state
        .db
        .read(i.ctx.clone(), move |snap| records::file(snap, &call))
        .await?;
    Ok(Answer::File {
        path: file.path,
        name: file.name,
        media_type: file.media_type,
        reads: file.reads,
    })
}
