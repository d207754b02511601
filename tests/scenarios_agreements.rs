//! The scenarios of the domain that end in an agreement, or fail to.
