"""What a patient may ask about their record, until when that is decided, and how long what is kept: one data file a jurisdiction."""
