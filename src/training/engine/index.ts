export { surveyEngines } from '../selection/survey.ts'
export { createEngine } from './create-engine.ts'
export { listEngines } from './list-engines.ts'
export { initialState } from './state.ts'
