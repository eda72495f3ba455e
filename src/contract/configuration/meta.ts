import 'zod'

/** What a field's schema says of itself beyond its type; the form, the command line and the docs read it. */
declare module 'zod' {
  interface GlobalMeta {
    label?: string
    /** Unit shown behind the value: `px`, `frames`, `epochs`, ... */
    unit?: string
    help?: string
    /** Heading under which the form groups the field. */
    section?: string
  }
}
