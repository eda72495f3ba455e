import 'zod'

/** What a field's schema says beyond its type. The form, the command line and the documents read it. */
declare module 'zod' {
  interface GlobalMeta {
    label?: string
    /** Unit shown behind the value: `px`, `frames`, `epochs`, ... */
    unit?: string
    help?: string
    /** Heading under which the form shows the field. */
    group?: string
  }
}
