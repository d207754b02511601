//! A party's own word on a closed case, given by a one-use code and no login.

use crate::commands::auth::{address_key, wait_seconds};
use crate::crypto::party_code::party_code_hash;
use crate::crypto::secret::MacKey;
use crate::crypto::throttle::Rate;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::rules::party_checks::{self, PartyWord};
use crate::error::{Code, Error};
use crate::store::tx::Tx;
use jiff::SignedDuration;

/// Per client address, reading and answering together: one in 30 s after a burst of ten.
const ADDRESS_RATE: Rate = Rate {
    interval: SignedDuration::from_secs(30),
    burst: 10,
};

/// Per code as typed, whether there is such a one or not: one in 10 min after a burst of five.
const CODE_RATE: Rate = Rate {
    interval: SignedDuration::from_secs(600),
    burst: 5,
};

/// Counts an attempt before anything is looked up, so that parallel guesses cannot slip through.
/// Gives the seconds to wait.
pub fn admit(tx: &mut Tx<'_>, hash: &str) -> Result<Option<u32>, Error> {
    tx.technical();
    let address = address_key(tx, "party-code");
    let gate = tx.take(&address, ADDRESS_RATE)?;
    if let Some(seconds) = wait_seconds(gate) {
        return Ok(Some(seconds));
    }
    let gate = tx.take(&format!("party-code:{hash}"), CODE_RATE)?;
    Ok(wait_seconds(gate))
}

/// Adds to the closing of a case the requests to its parties.
pub fn ask(tx: &Tx<'_>, file: &CaseFile, d: &mut Decision, key: &MacKey) {
    let mut ids = tx.ctx;
    let hash_of = |id: crate::domain::ids::PartyCheckId| {
        let code = crate::crypto::party_code::party_code(key, id.uuid);
        party_code_hash(key, code.expose())
    };
    party_checks::ask(file, d, hash_of, &mut ids, tx.ctx.now);
}

/// Takes an answer. One code is good for one; a wrong, used or expired one is `not_found`.
pub fn answer(tx: &mut Tx<'_>, hash: &str, word: &PartyWord) -> Result<(), Error> {
    let now = tx.ctx.now;
    let seen = tx.party_check(hash)?.filter(|c| c.is_open(now));
    // The same is read whatever was found.
    let nil = uuid::Uuid::nil();
    let (case, paper) = seen.as_ref().map_or((nil, nil), |c| {
        (c.case_id.uuid, c.agreement_id.map_or(nil, |a| a.uuid))
    });
    tx.check_facts(case, paper)?;
    let Some(seen) = seen else {
        return Err(Error::of(Code::NotFound));
    };
    tx.lock_case(seen.case_id)?;
    // Read again under the lock: of two answers at once one is too late.
    let check = tx.party_check(hash)?.filter(|c| c.is_open(now));
    let Some(check) = check else {
        return Err(Error::of(Code::NotFound));
    };
    let case = tx.raw_case(check.case_id)?;
    let file = tx.load_file(case)?;
    let county = tx.county_centre()?;
    let calendar = tx.calendar()?;
    let mut ids = tx.ctx;
    let heard = party_checks::hear(&file, check, word, county, &calendar, &mut ids, now);
    tx.update(&heard.check)?;
    // In a stream of its own: the timeline of the case is read by those it is about.
    let event = Event::PartyAnswered {
        check: heard.check.id,
        took_place: word.took_place,
        own_agreement: heard.check.own_agreement,
    };
    let object = format!("party-check/{}", heard.check.id);
    tx.record("party-checks", object, vec![event])?;
    if !heard.decision.events.is_empty() {
        tx.carry_out(heard.decision)?;
    }
    Ok(())
}
