export { createRequestListener } from './app.ts';
export { statusOf } from './error-status.ts';
export { createPipeline, createRefusalRecorder, type PipelineParts } from './pipeline.ts';
export type { WireAnswer } from './wire-answer.ts';
