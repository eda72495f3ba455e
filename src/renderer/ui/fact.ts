/** A labelled value of a `FactList`. `title` is a tooltip, such as the full value of a shortened one. */
export interface Fact {
  label: string
  value: string
  title?: string
}
