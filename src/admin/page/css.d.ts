/** What esbuild puts into app.css. */
declare module '*.css';
