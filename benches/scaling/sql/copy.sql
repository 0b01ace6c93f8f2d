create database "{name}" template "{from}"
