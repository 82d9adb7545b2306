export { startJobs, sweep } from './jobs.ts';
