import 'uplot/dist/uPlot.min.css';
import './style/app.css';
import { render } from 'preact';
import { Live } from './live.ts';
import { Page } from './view/page.tsx';

const root = document.getElementById('page');
if (root) render(<Page live={new Live()} />, root);
