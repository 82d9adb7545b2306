export { createApp } from './app.ts';
export { statusOf } from './error-status.ts';
export { createPipeline, type PipelineParts } from './pipeline.ts';
