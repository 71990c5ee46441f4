//! After a backup: what a person is asked, and what is refused.

use super::*;
