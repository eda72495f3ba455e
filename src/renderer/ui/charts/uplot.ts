import './language.ts'

// Import uPlot from here: the language has to be corrected before uPlot is loaded.
export { default } from 'uplot'
