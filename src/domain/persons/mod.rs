//! What identifies a party: names, identity numbers, contact data, and how much of it may be shown.

mod age;
mod contact;
mod id_number;
mod mask;
mod name;
mod uscc;

pub use age::{age_on, capacity_by_age, is_minor};
pub use contact::{Email, Phone};
pub use id_number::{IdNumber, id_check_char};
pub use mask::{mask_address, mask_email, mask_id, mask_name, mask_org_name, mask_phone};
pub use name::{PersonName, name_key};
pub use uscc::{Uscc, uscc_check_char};
