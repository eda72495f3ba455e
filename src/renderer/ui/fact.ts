/** A short labelled value, as `FactList` shows them. `title` is the full value where `value` is shortened. */
export interface Fact {
  label: string
  value: string
  title?: string
}
