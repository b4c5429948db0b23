@echo off
rem A double click installs the course. install.bat FOLDER --try installs elsewhere, and runs a lesson.
for %%m in (@MINORS@) do (
  py -3.%%m -c "" >nul 2>nul && py -3.%%m "%~dp0install.py" %* && goto end
)
python "%~dp0install.py" %*
:end
pause
