//! Days and moments as they are stored: the same in every build, whatever `time`'s own form is made of by the features that
//! others choose.

/// For `#[serde(with)]`: a moment as unix seconds.
pub(crate) mod unix_seconds {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};
    use time::OffsetDateTime;

    pub(crate) fn serialize<S: Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(at.unix_timestamp())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<OffsetDateTime, D::Error> {
        let seconds = i64::deserialize(deserializer)?;
        OffsetDateTime::from_unix_timestamp(seconds).map_err(D::Error::custom)
    }
}

/// For `#[serde(with)]`: a day, if there is one, as its year and its number in it.
pub(crate) mod day {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use time::Date;

    pub(crate) fn serialize<S: Serializer>(day: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
        day.map(Date::to_ordinal_date).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
        let Some((year, ordinal)) = Option::<(i32, u16)>::deserialize(deserializer)? else { return Ok(None) };
        Date::from_ordinal_date(year, ordinal).map(Some).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use time::{Date, OffsetDateTime};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Stored {
        #[serde(with = "super::unix_seconds")]
        at: OffsetDateTime,
        #[serde(default, with = "super::day")]
        day: Option<Date>,
    }

    #[test]
    fn what_is_stored_reads_the_same_for_ever() {
        let at = OffsetDateTime::from_unix_timestamp(1_663_814_367).unwrap();
        let day = Some(Date::from_ordinal_date(2021, 333).unwrap());
        for (stored, text) in [
            (Stored { at, day }, r#"{"at":1663814367,"day":[2021,333]}"#),
            (Stored { at, day: None }, r#"{"at":1663814367,"day":null}"#),
        ] {
            assert_eq!(serde_json::to_string(&stored).unwrap(), text);
            assert_eq!(serde_json::from_str::<Stored>(text).unwrap(), stored);
        }
        assert_eq!(serde_json::from_str::<Stored>(r#"{"at":0}"#).unwrap().day, None);
        for wrong in [
            r#"{"at":"2022"}"#,
            r#"{"at":9223372036854775807}"#,
            r#"{"at":0,"day":[2021,366]}"#,
            r#"{"at":0,"day":"2021-11-29"}"#,
        ] {
            assert!(serde_json::from_str::<Stored>(wrong).is_err(), "{wrong}");
        }
    }
}
